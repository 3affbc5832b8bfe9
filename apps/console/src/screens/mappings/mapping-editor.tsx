import { AnnexProblem, type InputFault } from '@annex/client';
import { Button, Group, SegmentedControl, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState, type ReactNode } from 'react';
import { useCall } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { CopyAs } from '../../parts/act';
import { TextEditor } from '../../parts/code';
import { Section } from '../../parts/page';
import { notifyDone, Problem } from '../../parts/problem';
import { useAt } from '../../shell/go';
import { Faults } from '../plugins/faults';
import { readText, writeText, type Notation, type PlacedFault } from './document-text';
import classes from './mappings.module.css';
import { TryOut } from './try-out';

/** Writes a mapping and tries it out. Without `name` it is a new one. */
export function MappingEditor({
  name,
  document,
  text: given,
}: {
  name?: string;
  document?: unknown;
  /** What a new one begins with. */
  text?: string;
}): ReactNode {
  const [newName, setNewName] = useState('');
  const [notation, setNotation] = useState<Notation>('yaml');
  const [text, setText] = useState(() => given ?? writeText(document, 'yaml'));
  const [refused, setRefused] = useState<readonly InputFault[]>([]);
  const [warnings, setWarnings] = useState<readonly InputFault[]>([]);
  const save = useCall('setMapping');
  const navigate = useNavigate();
  const at = useAt();
  const { can } = useTenant();
  const read = useMemo(() => readText(text), [text]);
  const faults = useMemo(() => (read.faults.length > 0 ? read.faults : read.place(refused)), [read, refused]);
  const marks = useMemo(
    () => faults.map(({ from, to, detail, pointer }) => ({ from, to, message: `${pointer} ${detail}`.trim() })),
    [faults],
  );
  const isReadable = read.faults.length === 0 && text.trim() !== '';
  const input = { path: { name: name ?? newName }, body: read.value as never };
  // Those of tried events have their own place.
  const refuse = (error: Error | null): void =>
    setRefused(error instanceof AnnexProblem ? error.errors.filter(({ pointer }) => !/^\/events\b/.test(pointer)) : []);
  const send = (): void => {
    setWarnings([]);
    save.mutate(input, {
      onError: refuse,
      onSuccess(mapping) {
        setRefused([]);
        setWarnings(mapping.warnings);
        notifyDone(`${mapping.name} is in force, version ${mapping.version}`);
        if (name === undefined) void navigate({ to: at(`mappings/${mapping.name}`) });
      },
    });
  };
  return (
    <>
      <Section
        title="Document"
        actions={
          <SegmentedControl
            size="xs"
            aria-label="Notation"
            data={[
              { value: 'yaml', label: 'YAML' },
              { value: 'json', label: 'JSON' },
            ]}
            value={notation}
            disabled={!isReadable}
            onChange={(value) => {
              setNotation(value as Notation);
              setText(writeText(read.value, value as Notation));
            }}
          />
        }
      >
        <div className="stack">
          {name === undefined && (
            <TextInput
              label="Name"
              description="Small letters, digits, _ and -"
              value={newName}
              onChange={(event) => setNewName(event.currentTarget.value.trim())}
              data-autofocus
            />
          )}
          <TextEditor value={text} onChange={setText} label="Mapping" language={notation} marks={marks} />
          <PlacedFaults of={faults} />
          {save.error && refused.length === 0 && <Problem error={save.error} />}
          {warnings.length > 0 && <Faults of={warnings} tone="warn" />}
          <Group justify="flex-end" gap="xs">
            <CopyAs call="setMapping" input={input} label="Save" size="sm" />
            <Button loading={save.isPending} disabled={!isReadable || input.path.name === ''} onClick={send}>
              Save
            </Button>
          </Group>
        </div>
      </Section>
      {can('testMappings') && <TryOut name={input.path.name} read={read} onRefused={refuse} />}
    </>
  );
}

function PlacedFaults({ of }: { of: readonly PlacedFault[] }): ReactNode {
  if (of.length === 0) return null;
  return (
    <div role="alert" aria-label="Faults">
      <ul className={classes.faults}>
        {of.map(({ line, pointer, detail }) => (
          <li key={`${pointer} ${detail}`}>
            <strong>Line {line}</strong> {pointer && <code>{pointer}</code>} {detail}
          </li>
        ))}
      </ul>
    </div>
  );
}
