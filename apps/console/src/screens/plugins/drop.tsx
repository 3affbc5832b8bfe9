import { Button, Text } from '@mantine/core';
import FileArchive from 'lucide-react/icons/file-archive';
import { useRef, useState, type DragEvent, type ReactNode } from 'react';
import classes from './install.module.css';

/** A place to drop a package, or to choose one. */
export function Drop({ isBusy, onFile }: { isBusy: boolean; onFile: (file: File) => void }): ReactNode {
  const chooser = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const take = (files: FileList | null): void => {
    const [file] = files ?? [];
    if (file) onFile(file);
  };
  const over = (event: DragEvent, value: boolean): void => {
    event.preventDefault();
    setOver(value);
  };
  return (
    <div
      className={classes.drop}
      data-over={isOver}
      onDragOver={(event) => over(event, true)}
      onDragLeave={(event) => over(event, false)}
      onDrop={(event) => {
        over(event, false);
        take(event.dataTransfer.files);
      }}
    >
      <FileArchive size={28} aria-hidden />
      <strong>Drop a plugin’s ZIP here</strong>
      <Text size="sm" c="dimmed">
        It is checked first; nothing is installed before you have seen what it asks for.
      </Text>
      <Button variant="default" size="xs" loading={isBusy} onClick={() => chooser.current?.click()}>
        Choose a file
      </Button>
      <input
        ref={chooser}
        type="file"
        accept=".zip,application/zip"
        hidden
        aria-label="A plugin’s ZIP"
        onChange={(event) => {
          take(event.currentTarget.files);
          event.currentTarget.value = '';
        }}
      />
    </div>
  );
}
