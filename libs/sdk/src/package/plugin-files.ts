/** A plugin's files by their paths, with `/` between folders. */
export type PluginFiles = ReadonlyMap<string, Uint8Array>;
