export { catalogueErrors } from './errors.js';
export { TrustedKeys, type TrustedKeysView } from './trusted-keys.js';
export { PublisherList } from './publisher-list.js';
export { CatalogueReader } from './catalogue-reader.js';
export { PackagePolicy, packageRules, type PackageRule } from './package-policy.js';
export { PackageCatalogue, type CataloguePage, type CatalogueQuery, type InstallTerms } from './package-catalogue.js';
export type { ListedPlugin } from './views.js';
export { CatalogueStateRow } from './rows/catalogue-state-row.js';
