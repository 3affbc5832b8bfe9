import { fileURLToPath } from 'node:url';
import type { ApiOptions } from '@annex-app/api';
import { ceilingOf } from '@annex/limits';
import type { Settings } from './config.js';

/** What the build of apps/console made. */
const consoleDir = fileURLToPath(new URL('../../console/dist/site', import.meta.url));

/** What the settings say of the API. */
export function apiOptions({
  port,
  host,
  trustProxy,
  apiCorsOrigins,
  bodyMemoryBytes,
  connections,
  connectionsPerAddress,
  tenantCallPoints,
  tenantEventPoints,
  runCeilings,
  portalOrigins,
  publicUrl,
}: Settings): ApiOptions {
  return {
    port,
    host,
    trustProxy,
    corsOrigins: apiCorsOrigins,
    bodyMemoryBytes,
    connections,
    connectionsPerAddress,
    tenantCallPoints,
    tenantEventPoints,
    consoleDir,
    portalOrigins,
    publicUrl,
    routeBodyLimit: ceilingOf('requestBytes', 'route', runCeilings),
  };
}
