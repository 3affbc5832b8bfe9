export { contentTypeOf } from './content-type.js';
export { fileErrors } from './errors.js';
export {
  Files,
  type FileActor,
  type FileLimits,
  type FilesOptions,
  type FileView,
  type OpenedFile,
  type PutOptions,
} from './files.js';
export { fileKeyFault, readFileKey } from './file-key.js';
export { startSweeper, sweepOnce, type SweeperOptions } from './sweeper.js';
export { openStore, readFilesUrl, type OpenStoreOptions, type StoreLocation } from './store/open-store.js';
export { ObjectMissing, type ByteRange, type ObjectStore } from './store/object-store.js';
export { FileObjectRow } from './rows/file-object-row.js';
export { FileRow } from './rows/file-row.js';
export { FileUsageRow } from './rows/file-usage-row.js';
