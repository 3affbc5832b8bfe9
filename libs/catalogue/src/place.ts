/** Where a list of publishers or a catalogue lies: on a web server, or in a file of this machine. */
import { createHash } from 'node:crypto';
import { open, realpath, stat } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { messageOf } from '@annex/kernel';
import type { WebPort } from './ports.js';

/** How much is read, and for how long it is waited for. */
export interface ReadTerms {
  maxBytes: number;
  timeoutMs: number;
  /** Whose request it is. Default: the platform's. */
  tenant?: string;
}

/** One place that the operator named. */
export class Place {
  readonly #url: URL;
  readonly #authorization: string | undefined;

  /** @param text an address, or the path of a file; an address that ends in `/` is that of a folder */
  constructor(
    text: string,
    private readonly web: WebPort,
    fileName: string,
  ) {
    const url = /^(https?|file):/i.test(text) ? new URL(text) : pathToFileURL(resolve(text));
    if (url.pathname.endsWith('/')) url.pathname += fileName;
    if (url.username || url.password) {
      const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
      this.#authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
    }
    url.username = '';
    url.password = '';
    url.hash = '';
    this.#url = url;
  }

  /** What it is kept under. */
  get id(): string {
    return createHash('sha256').update(this.#url.href).digest('hex');
  }

  /** As it may be shown: without a password. */
  get shown(): string {
    return this.#url.origin === 'null' ? this.#url.href : `${this.#url.origin}${this.#url.pathname}`;
  }

  /** Its content as text. Throws an `Error` that says why it cannot be read. */
  async text(terms: ReadTerms): Promise<string> {
    return Buffer.from(await this.#read(this.#url, terms)).toString('utf8');
  }

  /**
   * What lies beside it, or elsewhere on the web. A file is read from the same folder or below only, and by a place on
   * the web never. Throws an `Error` that says why it cannot be read.
   */
  async beside(address: string, terms: ReadTerms): Promise<Uint8Array> {
    const url = URL.parse(address, this.#url.href);
    if (url === null) throw new Error('its address is none');
    const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
    if (url.protocol !== this.#url.protocol && !isWeb)
      throw new Error('its address is not one of https, or of a file beside the catalogue');
    if (url.username || url.password) throw new Error('its address holds a password');
    return this.#read(url, terms);
  }

  #read(url: URL, terms: ReadTerms): Promise<Uint8Array> {
    return url.protocol === 'file:' ? this.#readFile(url, terms) : this.#fetch(url, terms);
  }

  async #readFile(url: URL, { maxBytes }: ReadTerms): Promise<Uint8Array> {
    try {
      const path = await realpath(fileURLToPath(url));
      if (url !== this.#url) await this.#requireBelow(path);
      // A pipe would be waited for, and a device has no end.
      if (!(await stat(path)).isFile()) throw new Error('it is no file');
      const file = await open(path);
      try {
        const { size } = await file.stat();
        if (size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
        return (await file.readFile()).subarray(0, maxBytes);
      } finally {
        await file.close();
      }
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      throw new Error(code === undefined ? messageOf(thrown) : `the file cannot be read (${code})`, { cause: thrown });
    }
  }

  async #requireBelow(path: string): Promise<void> {
    const folder = await realpath(dirname(fileURLToPath(this.#url)));
    if (!path.startsWith(`${folder}${sep}`)) throw new Error('it lies outside of the catalogue’s folder');
  }

  async #fetch(url: URL, { maxBytes, timeoutMs, tenant }: ReadTerms): Promise<Uint8Array> {
    const withPassword = this.#authorization !== undefined && url.origin === this.#url.origin;
    const { status, body } = await this.web.request({
      method: 'GET',
      url: url.href,
      headers: withPassword && this.#authorization !== undefined ? [['authorization', this.#authorization]] : [],
      allowHosts: 'any',
      maxResponseBytes: maxBytes,
      timeoutMs,
      stayOnOrigin: withPassword,
      ...(tenant !== undefined && { tenant }),
    });
    if (status !== 200) throw new Error(`the server answered ${status}`);
    return body;
  }
}
