/** A package in Python as an executor is given it. */
export interface PythonPackage {
  /** Path of the entry; left out for transforms. */
  entry?: string;
  /** Texts of the package's Python files, by path. */
  sources: Record<string, string>;
  /** Other files that `open()` reads, base64, by path. */
  data?: Record<string, string>;
  /** Path and function of each transform. */
  transforms?: [path: string, name: string][];
}

const opening = '(function(annexSdk){annexSdk.python(';

/** The bundle's code. What another language's compiler makes never begins so. */
export function pythonScript(package_: PythonPackage): string {
  return `${opening}${JSON.stringify(JSON.stringify(package_))})})`;
}

/** Whether a bundle's code is a package in Python. */
export function isPythonScript(code: string): boolean {
  return code.startsWith(opening);
}
