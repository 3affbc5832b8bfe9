/** The prelude imports this file by itself (`@annex/limits/sandbox`): it runs in the isolate, where nothing else is. */

/** Plugin code in the sandbox, beside the limits of its run. */
export const sandboxLimits = {
  /** The message of one log line. */
  logMessageChars: 16_384,
  /** The fields of one log line, as JSON; longer ones become part of the message, cut there. */
  logFieldsChars: 16_384,
  /** What is kept of the message of a thrown error. */
  errorMessageChars: 8192,
  /** What is kept of its stack. */
  errorStackChars: 16_384,
  /** Timers that are pending: of one isolate, and of one run. */
  timers: 1000,
  /** Timers that one turn starts. */
  timerStarts: 5000,
  /** All headers of a route's answer together. */
  headerChars: 32_768,
  /** Arguments of one host call, as JSON, and the text that stands apart from them. */
  argumentChars: 16_777_216,
  /** Messages between an executor and the host that count as large. */
  largeMessageBytes: 65_536,
  /** What an executor sends and is sent in large messages in a second; beyond it, its calls and answers wait. */
  executorBytesPerSecond: 67_108_864,
  /** What passes of them at once after a time of quiet. */
  executorBurstBytes: 67_108_864,
  /** Calls of `crypto.subtle` and the like in one run. */
  executorCalls: 10_000,
  /**
   * A URL given to `fetch`. Longer ones are refused before they are taken apart, which costs about a second for three
   * million characters. The host takes fewer.
   */
  urlChars: 65_536,
  /** What one stream decompresses to: what a small archive can become. Errors call it `MAX_DECOMPRESSED_BYTES`. */
  decompressedBytes: 67_108_864,
  /** Streams of one run that compress or decompress at once. Errors call it `MAX_COMPRESSION_STREAMS`. */
  compressionStreams: 16,
  /** Input or output of one operation of `crypto.subtle`. */
  cryptoBytes: 5_242_880,
  /** A key, salt, info, iv or additional data. */
  cryptoParameterBytes: 65_536,
  /** The result of HKDF. */
  hkdfBytes: 65_536,
  /**
   * Iterations of PBKDF2, summed over the blocks of the result; about half a second of one core. Errors call it
   * `MAX_PBKDF2_ITERATIONS`.
   */
  pbkdf2Iterations: 1_000_000,
  /** An RSA modulus, imported or generated. Errors call it `MAX_RSA_BITS`. */
  rsaBits: 4096,
  /** Fewest bits of an RSA modulus that is generated. */
  fewestRsaBits: 1024,
  /** V8 heap of an isolate with Python in it, in megabytes; the plugin's own memory is the interpreter's. */
  pythonHeapMb: 128,
  /** Interpreters that one executor keeps warm. */
  pythonIsolates: 5,
  /** Resident memory at which an executor of Python is ended, in megabytes. */
  pythonRssMb: 768,
  /** Longest silence of an executor of Python, beyond a turn: one more interpreter takes about a second to start. */
  pythonGraceMs: 4000,
  /** Trying out an entry in Python, by the clock. */
  pythonInspectMs: 20_000,
} as const;
