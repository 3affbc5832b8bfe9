import type { BuildOptions, Plugin } from 'esbuild';

export const webResolver: Plugin;
export const preludeOptions: BuildOptions & { write: false };
export const lazyNames: readonly ('url' | 'streams' | 'idna' | 'encodings')[];
export function buildLazyScript(name: string): Promise<string>;
