/** `node:string_decoder`: the package string_decoder, which is Node's own. */
import decoder from 'string_decoder/';

export default decoder;
