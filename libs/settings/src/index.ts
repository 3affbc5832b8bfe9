export { settingErrors } from './errors.js';
export { SettingsTree, type SettingPage, type SettingView } from './settings-tree.js';
export type { SettingChangeView } from './setting-feed.js';
export { SettingRow } from './rows/setting-row.js';
export { SettingChangeRow } from './rows/setting-change-row.js';
export { SettingHeadRow } from './rows/setting-head-row.js';
