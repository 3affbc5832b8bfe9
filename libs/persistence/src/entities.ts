import type { DataSourceOptions } from 'typeorm';
import { InstallationRow } from './installations/installation-row.js';
import { ReleaseRow } from './installations/release-row.js';
import { OperatorRow } from './operators/operator-row.js';
import { SecretRow } from './secrets/secret-row.js';
import { TenantRow } from './tenants/tenant-row.js';
import { ApiTokenRow } from './tokens/api-token-row.js';
import { UserRow } from './users/user-row.js';

/** Every entity class; each stands in the folder of its area. */
export const entities: NonNullable<DataSourceOptions['entities']> = [
  TenantRow,
  OperatorRow,
  UserRow,
  ApiTokenRow,
  SecretRow,
  InstallationRow,
  ReleaseRow,
];
