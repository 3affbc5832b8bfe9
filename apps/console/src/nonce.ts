/** The nonce that styles made at run time have to carry: the page's policy takes no others. */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? '';
}
