export { Spend, type SpendView } from './spend.js';
export { closeNextDay, closeTenantSpend } from './sql/close-days.js';
export { spendSums, type Period, type SpendLine } from './sql/read-spend.js';
export { SpendDayRow } from './rows/spend-day-row.js';
export { SpendRow } from './rows/spend-row.js';
