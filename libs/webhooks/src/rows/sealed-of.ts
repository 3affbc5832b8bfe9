import type { SealedValue } from '@annex/kernel';

/** What the vault sealed, out of the three columns that keep it; `null`: nothing. */
export function sealedOf({
  keyVersion,
  nonce,
  ciphertext,
}: {
  [Column in keyof SealedValue]: SealedValue[Column] | null;
}): SealedValue | null {
  return keyVersion !== null && nonce && ciphertext ? { keyVersion, nonce, ciphertext } : null;
}
