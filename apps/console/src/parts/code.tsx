import { lazy, Suspense, type ReactNode } from 'react';
import type { Mark } from './code-editor';
import { CopyIcon } from './copy';
import { Waiting } from './page';
import classes from './code.module.css';

const Editor = lazy(() => import('./code-editor'));
const none: readonly Mark[] = [];

/** A JSON value to read. */
export function Json({ value, label }: { value: unknown; label: string }): ReactNode {
  const text = value === undefined ? '' : JSON.stringify(value, null, 2);
  if (value === undefined || value === null) return <span className={classes.none}>nothing</span>;
  return (
    <div className={classes.shown}>
      <div className={classes.copy}>
        <CopyIcon text={text} what={label} />
      </div>
      <Suspense fallback={<pre className={classes.plain}>{text}</pre>}>
        <Editor value={text} label={label} isReadOnly />
      </Suspense>
    </div>
  );
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
