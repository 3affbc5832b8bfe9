/** The editor for JSON and YAML. Its own file, so that screens without one do not load it. */
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json, jsonParseLinter } from '@codemirror/lang-json';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { linter, lintGutter, setDiagnostics } from '@codemirror/lint';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef, type ReactNode } from 'react';
import { styleNonce } from '../nonce';

const look = EditorView.theme({
  '&': { fontSize: '0.8125rem', backgroundColor: 'transparent', color: 'var(--mantine-color-text)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content': { fontFamily: 'var(--mantine-font-family-monospace)', padding: '0.65rem 0' },
  '.cm-scroller': { maxHeight: '26rem', overflow: 'auto' },
  '.cm-gutters': { backgroundColor: 'transparent', border: 'none', color: 'var(--mantine-color-dimmed)' },
  '.cm-cursor': { borderLeftColor: 'var(--mantine-color-text)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--mantine-primary-color-filled) 25%, transparent) !important',
  },
});
const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--annex-link)' },
  { tag: tags.string, color: 'var(--annex-good)' },
  { tag: tags.number, color: 'var(--annex-warn)' },
  { tag: [tags.bool, tags.null], color: 'var(--annex-busy)' },
]);

/** What is wrong with a part of the text. */
export interface Mark {
  /** Characters of the text. */
  from: number;
  to: number;
  message: string;
}

export interface EditorProps {
  value: string;
  /** Left out for a text to read. */
  onChange?: (text: string) => void;
  label: string;
  isReadOnly?: boolean;
  /** Default: JSON, whose faults the editor finds by itself. */
  language?: 'json' | 'yaml';
  /** Faults that whoever uses the editor found. Default: the editor looks for those of JSON. */
  marks?: readonly Mark[] | undefined;
}

export default function CodeEditor({
  value,
  onChange,
  label,
  isReadOnly = false,
  language = 'json',
  marks,
}: EditorProps): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const tell = useRef(onChange);
  const isMarked = marks !== undefined;
  useEffect(() => {
    tell.current = onChange;
  });
  useEffect(() => {
    if (!place.current) return undefined;
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({ doc: '', extensions: extensions({ label, isReadOnly, language, isMarked, tell }) }),
    });
    view.current = made;
    return () => made.destroy();
  }, [label, isReadOnly, language, isMarked]);
  useEffect(() => {
    const made = view.current;
    if (made && made.state.doc.toString() !== value)
      made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: value } });
  }, [value, label, isReadOnly, language, isMarked]);
  useEffect(() => {
    const made = view.current;
    if (!made || !marks) return;
    // Faults of a text that was changed since stand where the text still reaches.
    const end = made.state.doc.length;
    const shown = marks.map(({ from, to, message }) => ({
      from: Math.min(from, end),
      to: Math.min(to, end),
      message,
      severity: 'error' as const,
    }));
    made.dispatch(setDiagnostics(made.state, shown));
  }, [marks, value, label, isReadOnly, language]);
  return <div ref={place} />;
}

function extensions({
  label,
  isReadOnly,
  language,
  isMarked,
  tell,
}: {
  label: string;
  isReadOnly: boolean;
  language: 'json' | 'yaml';
  isMarked: boolean;
  tell: { current: ((text: string) => void) | undefined };
}): Extension[] {
  return [
    EditorView.cspNonce.of(styleNonce()),
    language === 'yaml' ? yaml() : json(),
    foldGutter(),
    bracketMatching(),
    syntaxHighlighting(colours),
    look,
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
    keymap.of([...defaultKeymap, ...historyKeymap, ...foldKeymap]),
    ...(isReadOnly
      ? [
          EditorState.readOnly.of(true),
          EditorView.editable.of(false),
          EditorView.contentAttributes.of({ role: 'textbox', 'aria-readonly': 'true', 'aria-multiline': 'true' }),
        ]
      : [
          history(),
          isMarked
            ? [lineNumbers(), lintGutter()]
            : linter((editor) => (editor.state.doc.length === 0 ? [] : jsonParseLinter()(editor))),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) tell.current?.(update.state.doc.toString());
          }),
        ]),
  ];
}
