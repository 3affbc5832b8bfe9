/** A value sealed with a data key of its tenant (`@annex/vault`), kept in a row of whichever part needs it. */
export interface SealedValue {
  /** Which of the tenant's data keys. */
  keyVersion: number;
  nonce: Buffer;
  ciphertext: Buffer;
}
