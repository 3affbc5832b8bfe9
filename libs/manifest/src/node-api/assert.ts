/** `node:assert`: the package assert. */
import assert from 'assert/';

export default assert;
