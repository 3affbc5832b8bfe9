export { Doctor, type DoctorView, type Finding, type Look } from './doctor.js';
export {
  Operations,
  type InstallationAnywhereView,
  type OperationsOptions,
  type ProcessView,
  type QueueView,
  type WaitingTenant,
} from './operations.js';
export type { ShownSetting } from './shown-settings.js';
export { ProcessReports, type ProcessReportsOptions } from './process-reports.js';
export type { ProcessReport, ReportedExecutor } from './report.js';
export { ProcessRow } from './rows/process-row.js';
