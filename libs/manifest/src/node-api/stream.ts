/** `node:stream`: the package readable-stream, which is Node's own streams. */
import stream from 'readable-stream/lib/ours/browser.js';

export default stream;
