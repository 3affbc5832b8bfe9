export { appendAudit, listAudit, verifyAuditChain, type AuditEntry } from './rows/audit.js';
export { appendPlatformAudit, listPlatformAudit, type PlatformAuditRow } from './rows/platform-audit.js';
