/** Where the tests stand that need no DOM, network or workers. */
export const files = [
  'url',
  'encoding',
  'html/webappapis/atob',
  'html/webappapis/structured-clone',
  'html/webappapis/microtask-queuing',
  'html/webappapis/timers',
  'dom/abort',
  'dom/events',
  'fetch/api/headers',
  'fetch/api/request',
  'fetch/api/response',
  'fetch/api/body',
  'fetch/api/abort',
  'xhr/formdata',
  'xhr/FormData-append.html',
  'FileAPI/blob',
  'FileAPI/file',
  'WebCryptoAPI',
  'streams',
  'mimesniff/mime-types',
  'console',
  'hr-time',
];

/** Files that need what plugin code does not have, each with the reason. */
export const leftOut = [
  [
    /^encoding\/legacy-mb-|^encoding\/(sniffing|single-byte|remove-only|utf-32|eof-|\w+-encoder)/,
    'decodes pages and submits forms',
  ],
  [/^encoding\/(replacement|unsupported)-encodings/, 'wants XMLHttpRequest'],
  [/^url\/(a-element|data-uri|failure)/, 'wants a document'],
  [
    /^dom\/events\/(document-level|shadow-|event-global|Event-(dispatch-(click|on-disabled|bubbles|order|target|other|detached|omitted|multiple|handlers|propagation|redispatch|reenter)|timestamp|subclasses|propagation|initEvent))/,
    'wants a document',
  ],
  [
    /^fetch\/api\/(request\/(destination|multi-globals|request-cache|request-keepalive|request-reset|url-encoding)|response\/(multi-globals|response-trailer)|abort\/(cache|destroyed|keepalive|serviceworker))/,
    'wants a server, a cache or frames',
  ],
  [/^FileAPI\/(file\/send-file|FileReader|filelist)/, 'wants a document'],
  [
    /^WebCryptoAPI\/.*(AES-(CBC|CTR|KW)|aes_(cbc|ctr)|wrapKey|secure_context)/,
    'an algorithm that the contract does not name',
  ],
  [
    /^WebCryptoAPI\/.*(ECDSA|ECDH|RSA|rsa|ecdsa|ecdh|ec_|pbkdf2)/,
    'offered since the suite was last run, and not run with it yet',
  ],
  [/^hr-time\/(resources|test_cross|.*(navigation|window|frame))/, 'wants frames'],
];

/**
 * Subtests that fail on purpose, each with the reason. Names of subtests as a current checkout has them, and some of
 * older ones.
 */
export const differences = [
  {
    file: /request\/(request-headers|request-init-headers)/,
    reason: 'no header is forbidden to a plugin: the egress decides what leaves',
  },
  {
    file: /fetch\/api\/(abort|request|response|basic)/,
    test: /no-cors|navigate|only-if-cached|CORS|opaque/i,
    reason: 'there are no origins, so no modes that tell them apart',
  },
  {
    file: /(request|response)-consume-empty/,
    test: /empty FormData/,
    reason: 'an empty form has its closing boundary, as the standard says and browsers do',
  },
  {
    file: /response-consume\.html/,
    test: /from (FormData|URLSearchParams|text|string).* to blob/,
    reason: 'a media type is serialised as the MIME Sniffing Standard says',
  },
  {
    file: /response-stream-with-broken-then/,
    reason: 'the stream is a library: a then on Object.prototype is seen by it, in the plugin that put it there',
  },
  {
    file: /request-disturbed/,
    test: /even if body is not used|construction failure/,
    reason: 'older than the standard’s present order of steps',
  },
  {
    file: /request-init-stream|fetch\/api\/abort\/general/,
    test: /on which|before reading/,
    reason: 'older than duplex, which a body that is a stream has to name',
  },
  {
    file: /response-clone/,
    test: /(ArrayBuffer|DataView)chunk/,
    reason: 'older checkouts compare what is no list as one',
  },
  {
    file: /mimesniff\/mime-types/,
    test: /\(Blob\/File\)/,
    reason: 'the File API lowers the type it is given and parses nothing',
  },
  { file: /timers\/(evil-spec-example|.*(string|eval))/, reason: 'a timer takes a function, never a text' },
  {
    file: /symmetric_importKey/,
    test: /AES-(CTR|CBC|KW)|PBKDF2|AES-OCB|ChaCha20|KMAC/,
    reason: 'an algorithm that the contract does not name',
  },
  {
    file: /sign_verify\/.*hmac/,
    test: /wrong algorithm name/,
    reason: 'the wrong key of the test is one for ECDSA, which the contract does not name',
  },
  {
    file: /WebCryptoAPI/,
    test: /SHA3-|cSHAKE|TurboSHAKE|KT128|KT256/,
    reason: 'a hash that the contract does not name',
  },
];
