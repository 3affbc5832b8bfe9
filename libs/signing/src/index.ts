export { signingErrors } from './errors.js';
export { Publishers, readPublishers, type PublisherKey } from './publishers.js';
export type { SigningKey } from './jws.js';
export {
  packageSha256,
  requireSlug,
  requireVouched,
  signPackage,
  verifyPackage,
  type PackageClaim,
  type PackageVouch,
} from './package-signature.js';
export {
  peekCatalogue,
  readCatalogue,
  writeCatalogue,
  type Catalogue,
  type CatalogueContents,
  type CatalogueRelease,
} from './catalogue.js';
export { makeKeyPair, readSigningKey, type WrittenKeyPair } from './keys.js';
