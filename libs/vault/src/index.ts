export { vaultErrors } from './errors.js';
export { createKeyring, masterKey, type Keyring, type MasterKey } from './keyring.js';
export { createMasker, type Masker } from './masker.js';
export { maxSecretBytes, maxSecretsPerScope } from './secret-rules.js';
export { createVault, Vault, type SecretChanger, type SecretInput, type SecretView, type VaultCaller, type VaultOptions } from './vault.js';
