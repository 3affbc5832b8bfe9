export { savedViewErrors } from './errors.js';
export { SavedViews, viewLists, type SavedView, type ViewKey, type ViewList } from './saved-views.js';
export { SavedViewRow } from './rows/saved-view-row.js';
