declare module 'pyodide-loader' {
  export function loadPyodide(config: Record<string, unknown>): Promise<unknown>;
}
declare module 'pyodide-module' {
  const create: (settings: Record<string, unknown>) => Promise<unknown>;
  export default create;
}
