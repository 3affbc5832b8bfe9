/** Packages without types of their own are what Node's module of the same subject is, as far as it is used here. */
declare module 'events/' {
  import events from 'node:events';
  export default events;
}
declare module 'util/' {
  import util from 'node:util';
  export default util;
}
declare module 'assert/' {
  import assert from 'node:assert';
  export default assert;
}
declare module 'string_decoder/' {
  import decoder from 'node:string_decoder';
  export default decoder;
}
declare module 'readable-stream/lib/ours/browser.js' {
  import stream from 'node:stream';
  export default stream;
}
declare module 'unenv/node/url' {
  import url from 'node:url';
  export default url;
}
declare module 'unenv/node/punycode' {
  const punycode: object;
  export default punycode;
}
declare module 'unenv/node/querystring' {
  import querystring from 'node:querystring';
  export default querystring;
}
declare module 'path-browserify' {
  import path from 'node:path';
  export default path;
}
