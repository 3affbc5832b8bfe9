import { Button, Text } from '@mantine/core';
import FileArchive from 'lucide-react/icons/file-archive';
import { useRef, useState, type DragEvent, type ReactNode } from 'react';
import classes from './install.module.css';

/** Characters of a signature, many times what `annex sign` writes. */
const signatureChars = 20_000;

/** What somebody dropped: a package, its signature, or both. */
export interface Dropped {
  file?: File;
  signature?: { name: string; text: string };
}

async function sortOut(files: readonly File[]): Promise<Dropped> {
  const signed = files.find(({ name }) => /\.jws$/i.test(name));
  const file = files.find((each) => each !== signed);
  return {
    ...(file && { file }),
    ...(signed && { signature: { name: signed.name, text: (await signed.slice(0, signatureChars).text()).trim() } }),
  };
}

/** A place to drop a package with its signature, or to choose them. */
export function Drop({ isBusy, onDrop }: { isBusy: boolean; onDrop: (dropped: Dropped) => void }): ReactNode {
  const chooser = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const take = (files: FileList | null): void => {
    if (files && files.length > 0) void sortOut([...files]).then(onDrop);
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
        It is checked first; nothing is installed before you have seen what it asks for. If it is signed, drop its{' '}
        <code>.jws</code> with it.
      </Text>
      <Button variant="default" size="xs" loading={isBusy} onClick={() => chooser.current?.click()}>
        Choose files
      </Button>
      <input
        ref={chooser}
        type="file"
        accept=".zip,.jws,application/zip"
        multiple
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
