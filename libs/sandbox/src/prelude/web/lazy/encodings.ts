/** The script `encodings`: decoders for gbk, gb18030, big5, euc-jp, iso-2022-jp, shift_jis and euc-kr. */
export { createMultibyteDecoder } from '@exodus/bytes/multi-byte.js';
