/** Levels of what a plugin's code logs, from the lowest. */
export const pluginLogLevels = ['debug', 'info', 'warn', 'error'] as const;
export type PluginLogLevel = (typeof pluginLogLevels)[number];
