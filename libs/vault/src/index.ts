export { vaultErrors } from './errors.js';
export { createKeyring, masterKey, type Keyring, type MasterKey } from './keyring.js';
export { createMasker, growingMasker, type GrowingMasker, type Masker } from './masker.js';
export { Maskers } from './maskers.js';
export { checkSecret } from './secret-rules.js';
export { createVault, Vault, type SecretInput, type SecretView, type VaultOptions } from './vault.js';
export { SecretRow } from './rows/secret-row.js';
export { findSecretScopes } from './rows/secrets.js';
export { TenantKeyRow } from './rows/tenant-key-row.js';
