import type ivm from 'isolated-vm';

/** isolated-vm as an executor loads it: by the path of its native part, since nothing else may be read. */
export type Addon = typeof ivm;
