/** `node:punycode`: of unenv, which took Node's own. */
import punycode from 'unenv/node/punycode';

export default punycode;
