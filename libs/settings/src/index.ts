export { settingErrors } from './errors.js';
export { SettingsTree, type SettingPage, type SettingView } from './settings-tree.js';
export type { SettingChangeView } from './setting-feed.js';
export { packageWatches, WatchReader, type WatchView } from './package-watches.js';
export { SettingWatches, type SettingWatchesOptions } from './setting-watches.js';
export { SettingRow } from './rows/setting-row.js';
export { SettingChangeRow } from './rows/setting-change-row.js';
export { SettingHeadRow } from './rows/setting-head-row.js';
export { SettingWatchRow } from './rows/setting-watch-row.js';
