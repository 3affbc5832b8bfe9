import { File, blobBytes, isBlob, isFile } from './blob.js';
import type { Blob } from './blob.js';
import { defineIterable } from './pair-iterator.js';
import { finishInterface, requireArguments, toUsvString } from './webidl.js';

export type FormEntry = [string, string | File];

/** The live list behind a FormData object. */
export let formEntriesOf: (form: FormData) => FormEntry[];
/** True for FormData, whatever the prototype. */
export let isFormData: (value: unknown) => value is FormData;

/** XMLHttpRequest §4.3 (there are no forms to read here). */
export class FormData {
  #list: FormEntry[] = [];

  constructor(form?: unknown) {
    if (form !== undefined) throw new TypeError('FormData: there are no forms here; the constructor takes no argument');
  }

  append(name: unknown, value: unknown, filename?: unknown): void {
    requireArguments(arguments.length, 2, 'FormData.append');
    this.#list.push(createEntry(name, value, arguments.length > 2, filename));
  }

  delete(name: unknown): void {
    requireArguments(arguments.length, 1, 'FormData.delete');
    const key = toUsvString(name);
    this.#list = this.#list.filter((entry) => entry[0] !== key);
  }

  get(name: unknown): string | File | null {
    requireArguments(arguments.length, 1, 'FormData.get');
    const key = toUsvString(name);
    return this.#list.find((entry) => entry[0] === key)?.[1] ?? null;
  }

  getAll(name: unknown): (string | File)[] {
    requireArguments(arguments.length, 1, 'FormData.getAll');
    const key = toUsvString(name);
    return this.#list.filter((entry) => entry[0] === key).map((entry) => entry[1]);
  }

  has(name: unknown): boolean {
    requireArguments(arguments.length, 1, 'FormData.has');
    const key = toUsvString(name);
    return this.#list.some((entry) => entry[0] === key);
  }

  set(name: unknown, value: unknown, filename?: unknown): void {
    requireArguments(arguments.length, 2, 'FormData.set');
    const entry = createEntry(name, value, arguments.length > 2, filename);
    const index = this.#list.findIndex((other) => other[0] === entry[0]);
    if (index < 0) {
      this.#list.push(entry);
      return;
    }
    this.#list = this.#list.filter((other, i) => i <= index || other[0] !== entry[0]);
    this.#list[index] = entry;
  }

  static {
    formEntriesOf = (form) => form.#list;
    isFormData = (value): value is FormData => typeof value === 'object' && value !== null && #list in value;
    defineIterable(FormData, 'FormData', (form) => form.#list);
  }
}
finishInterface(FormData, 'FormData', { constructor: 0, append: 2, set: 2 });

function createEntry(name: unknown, value: unknown, named: boolean, filename: unknown): FormEntry {
  const key = toUsvString(name);
  if (!isBlob(value)) {
    if (named) throw new TypeError('FormData: a file name needs a Blob');
    return [key, toUsvString(value)];
  }
  if (isFile(value) && !named) return [key, value];
  return [key, asFile(value, named ? toUsvString(filename) : 'blob')];
}

/** The same bytes under a name; keeps a File's time. */
export function asFile(blob: Blob, name: string): File {
  return new File(
    [blobBytes(blob)],
    name,
    isFile(blob) ? { type: blob.type, lastModified: blob.lastModified } : { type: blob.type },
  );
}
