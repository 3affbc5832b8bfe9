/** The script `url`: the parser of whatwg-url, the reference implementation of the URL Standard. */
import * as machine from 'whatwg-url/lib/url-state-machine.js';
import { connectLazy } from '../lazy.js';
import type { UrlMachine } from '../url-machine.js';

/** Joins the parser to the loader, through which domains outside ASCII get their tables. Called once. */
export function install(lazySource: (name: string) => string): UrlMachine {
  connectLazy({ lazySource });
  return machine;
}
