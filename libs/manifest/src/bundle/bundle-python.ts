/** A package in Python becomes one script too: a text that holds its files, which the sandbox's interpreter reads. */
import { createHash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import type { InputFault } from '@annex/kernel';
import { bundleLimits } from '@annex/limits';
import { isInstalled } from '../zip/read-zip.js';
import type { PackageFiles } from '../zip/read-package.js';
import { manifestPath } from '../zip/read-package.js';
import type { BundleReading } from './bundle-package.js';
import { pythonScript } from './python-script.js';

/** Whether a file of a package is written in Python. */
export function isPython(path: string): boolean {
  return path.endsWith('.py');
}

/** Folders that the platform reads itself, and nobody else. */
const platformFolders = /^(webhooks|mappings|node_modules|\.git|__pycache__)\/|\/__pycache__\/|\.pyc$/;
const emptyMap = '{"version":3,"sources":[],"names":[],"mappings":""}';

export interface PythonParts {
  /** Path of the entry; left out for transforms. */
  entry?: string;
  /** Path and function of each transform. */
  transforms?: [path: string, name: string][];
}

/** Bundles a package's Python. Nothing is compiled: the interpreter judges the files when the entry is tried out. */
export function bundlePython(files: PackageFiles, { entry, transforms }: PythonParts): BundleReading {
  const sources: Record<string, string> = {};
  const data: Record<string, string> = {};
  const errors: InputFault[] = [];
  for (const [path, bytes] of files) {
    if (path === manifestPath || isInstalled(path) || platformFolders.test(path)) continue;
    if (!isPython(path)) data[path] = Buffer.from(bytes).toString('base64');
    else if (isUtf8(bytes)) sources[path] = withoutMark(Buffer.from(bytes).toString('utf8'));
    else errors.push({ pointer: '/entry', code: 'BUNDLE_SYNTAX', detail: `${path}:1:1: is not UTF-8; save it so.` });
  }
  if (errors.length > 0) return { ok: false, errors };
  const code = pythonScript({ ...(entry !== undefined && { entry }), sources, data, transforms: transforms ?? [] });
  const size = Buffer.byteLength(code);
  if (size > bundleLimits.bundleBytes)
    return {
      ok: false,
      errors: [
        {
          pointer: '/entry',
          code: 'BUNDLE_TOO_LARGE',
          detail:
            `becomes a bundle of ${size} bytes; at most ${bundleLimits.bundleBytes} are allowed. ` + 'Leave files out.',
        },
      ],
    };
  const paths = [...Object.keys(sources), ...Object.keys(data)];
  const bundle = { code, sha256: createHash('sha256').update(code).digest('hex'), sourceMap: emptyMap };
  return { ok: true, bundle, reached: paths, read: paths, warnings: [] };
}

function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** Said of Python where there is no interpreter. */
export function notTriedOut(pointer: string, path: string): InputFault {
  const detail =
    `${path} was not tried out, because there is no Python in this installation. When you deploy, the server does it ` +
    'and reports what is wrong.';
  return { pointer, code: 'PYTHON_MISSING', detail };
}

const mark = 'PYTHON_FAULTS ';
const codes: Record<string, string> = { SYNTAX: 'BUNDLE_SYNTAX', IMPORT: 'BUNDLE_IMPORT' };

/** The faults that the interpreter found in the files before it ran any. `undefined`: the message tells none. */
export function pythonFaults(message: string, pointer = '/entry'): InputFault[] | undefined {
  if (!message.startsWith(mark)) return undefined;
  let list: unknown;
  try {
    list = JSON.parse(message.slice(mark.length));
  } catch {
    return undefined;
  }
  if (!Array.isArray(list)) return undefined;
  const faults = list.flatMap((each: unknown): InputFault[] => {
    if (!Array.isArray(each)) return [];
    const [path, line, column, code, detail] = each as unknown[];
    const where = `${String(path).slice(0, 512)}:${Number(line) || 1}:${Number(column) || 1}`;
    return [
      { pointer, code: codes[String(code)] ?? 'BUNDLE_SYNTAX', detail: `${where}: ${String(detail).slice(0, 500)}` },
    ];
  });
  return faults.length > 0 ? faults : undefined;
}
