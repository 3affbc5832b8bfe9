/** `node:querystring`: of unenv, which took Node's own. */
import querystring from 'unenv/node/querystring';

export default querystring;
