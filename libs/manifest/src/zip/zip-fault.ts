import { quote, type InputFault } from '@annex/kernel';
import { maxZipFaults } from './limits.js';

/** The rules an archive can break; each refusal names the entry and one of these. */
export type ZipRule =
  | 'ZIP_FORMAT'
  | 'ZIP_ZIP64'
  | 'ZIP_COMMENT'
  | 'ZIP_STRAY_DATA'
  | 'ZIP_OVERLAP'
  | 'ZIP_HEADERS_DISAGREE'
  | 'ZIP_ENCRYPTED'
  | 'ZIP_METHOD'
  | 'ZIP_FILE_TYPE'
  | 'ZIP_NAME'
  | 'ZIP_COLLISION'
  | 'ZIP_TOO_LARGE'
  | 'ZIP_TOO_MANY_FILES'
  | 'ZIP_RATIO'
  | 'ZIP_DATA';

/** Collects what is wrong with an archive: the first faults in full, the others as a number. */
export class ZipFaults {
  readonly #faults: InputFault[] = [];
  #more = 0;

  get any(): boolean {
    return this.#faults.length > 0;
  }

  /** `entry`: the name as the archive has it; leave it out for the archive as a whole. */
  add(code: ZipRule, detail: string, entry?: string): void {
    if (this.#faults.length >= maxZipFaults) this.#more += 1;
    else
      this.#faults.push({
        pointer: '/file',
        code,
        detail: entry === undefined ? detail : `${quote(entry, 120)}: ${detail}`,
      });
  }

  list(): InputFault[] {
    if (this.#more === 0) return [...this.#faults];
    return [
      ...this.#faults,
      { pointer: '/file', code: 'ZIP_FORMAT', detail: `${this.#more} more faults were found and left out.` },
    ];
  }
}
