export { appendAudit, listAudit, recordAct, verifyAuditChain, type AuditEntry } from './rows/audit.js';
export { appendPlatformAudit, listPlatformAudit, type PlatformAuditView } from './rows/platform-audit.js';
export { AuditRow } from './rows/audit-row.js';
export { PlatformAuditRow } from './rows/platform-audit-row.js';
