/**
 * The interpreter's own script, apart from the prelude: it is large, and its names that a shell would have (`read`,
 * `load`, `os`) and `WebAssembly` are given to it by whoever runs it, so that plugin code finds none of them.
 */
import create from 'pyodide-module';
import { loadPyodide } from 'pyodide-loader';

export { create, loadPyodide };
