import { Text } from '@mantine/core';
import { lazy, Suspense, type ReactNode } from 'react';
import type { Mark } from './code-editor';
import { CopyIcon } from './copy';
import { Waiting } from './page';
import classes from './code.module.css';

const Editor = lazy(() => import('./code-editor'));
const none: readonly Mark[] = [];

/** Characters of a text that is shown in colours; a longer one is shown plain. */
const mostColoured = 100_000;

/** A JSON value to read. It needs no editor, which weighs as much as half of the console. */
export function Json({ value, label }: { value: unknown; label: string }): ReactNode {
  const text = value === undefined ? '' : JSON.stringify(value, null, 2);
  if (value === undefined || value === null) return <span className={classes.none}>nothing</span>;
  return (
    <div className={classes.shown}>
      <div className={classes.copy}>
        <CopyIcon text={text} what={label} />
      </div>
      <pre
        className={classes.plain}
        role="textbox"
        aria-readonly="true"
        aria-multiline="true"
        aria-label={label}
        tabIndex={0}
      >
        {text.length > mostColoured ? text : coloured(text)}
      </pre>
    </div>
  );
}

/** A name with its colon, another string, a number, or a word of JSON. */
const tokens = /("(?:[^"\\]|\\.)*")(?=:)|("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*)|(true|false|null)/g;
const kinds = ['name', 'string', 'number', 'word'] as const;

/** What `JSON.stringify` wrote, each kind of token in its colour. */
function coloured(text: string): ReactNode[] {
  const parts: ReactNode[] = [];
  let end = 0;
  for (const match of text.matchAll(tokens)) {
    parts.push(text.slice(end, match.index));
    const kind = kinds.find((_, place) => match[place + 1] !== undefined);
    parts.push(
      <span key={match.index} className={kind && classes[kind]}>
        {match[0]}
      </span>,
    );
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end)];
}

/** A JSON text to write. */
export function JsonEditor({
  value,
  onChange,
  label,
}: {
  value: string;
  onChange: (text: string) => void;
  label: string;
}): ReactNode {
  return (
    <div className={classes.edited}>
      <Suspense fallback={<Waiting />}>
        <Editor value={value} onChange={onChange} label={label} />
      </Suspense>
    </div>
  );
}

/** A JSON text to write, with what keeps it from being one. */
export function JsonField(field: { value: string; onChange: (text: string) => void; label: string }): ReactNode {
  const read = readJson(field.value);
  return (
    <>
      <JsonEditor {...field} />
      {'error' in read && (
        <Text size="sm" c="var(--annex-bad)">
          {read.error}
        </Text>
      )}
    </>
  );
}

/** A YAML or JSON text to write, or to read without `onChange`; `marks`: its faults, where they stand. */
export function TextEditor({
  value,
  onChange,
  label,
  language,
  marks = none,
}: {
  value: string;
  onChange?: (text: string) => void;
  label: string;
  language: 'json' | 'yaml';
  marks?: readonly Mark[];
}): ReactNode {
  return (
    <div className={onChange ? classes.edited : classes.shown}>
      <Suspense fallback={<Waiting />}>
        <Editor
          value={value}
          label={label}
          language={language}
          isReadOnly={!onChange}
          {...(onChange && { onChange, marks })}
        />
      </Suspense>
    </div>
  );
}

/** The value of a JSON text; `error`: why it is none. An empty text is no value. */
export function readJson(text: string): { value: unknown } | { error: string } {
  if (text.trim() === '') return { value: undefined };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (thrown) {
    return { error: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}
