import type { InstallationsCaller, UploadResult, UploadTerms } from '@annex/installations';
import type { Database } from '@annex/database';
import type { Clock, Id, Logger } from '@annex/kernel';

/** How files of the web are fetched. `@annex/egress`' `Egress` fits it. */
export interface WebPort {
  request(request: {
    method: string;
    url: string;
    headers: [string, string][];
    allowHosts: 'any';
    maxResponseBytes: number;
    timeoutMs: number;
    stayOnOrigin: boolean;
    tenant?: string;
  }): Promise<{ status: number; body: Uint8Array }>;
}

/** What everything here is made with. */
export interface CatalogueParts {
  database: Pick<Database, 'platform'>;
  web: WebPort;
  clock: Clock;
  logger: Logger;
}

/** What the catalogue asks of installations. `@annex/installations`' `Installations` fits it. */
export interface InstallationsPort {
  upload(caller: InstallationsCaller, bytes: Uint8Array, terms: UploadTerms): Promise<UploadResult>;
  installed(tenantId: Id<'tenant'>): Promise<{ slug: string; version: string; sha256: string }[]>;
}
