import type { HostHandlers } from '@annex/host-api';
import type { Id } from '@annex/kernel';
import { readReleaseFolder } from '@annex/installations';
import type { Database } from '@annex/database';
import { LRUCache } from 'lru-cache';
import { executionErrors } from '../errors.js';
import type { RunIdentity } from './run-identity.js';

/** Templates by their path below `templates/`. */
export type TemplateFiles = Readonly<Record<string, string>>;

/** Renders templates within limits (`@annex/templates`). */
export interface TemplatesPort {
  render(options: {
    files: TemplateFiles;
    name: string;
    data: object;
    tenant: string;
    signal?: AbortSignal;
  }): Promise<string>;
}

/** Reads the templates of a release. */
export type LoadTemplates = (snapshot: { tenantId: Id<'tenant'>; releaseId: Id<'release'> }) => Promise<TemplateFiles>;

const folder = 'templates/';
const maxTemplateBytes = 2 * 1024 * 1024;
const cachedChars = 32 * 1024 * 1024;

/** Reads templates from the database and keeps those of releases that are used: a release never changes. */
export function templateLoader(database: Pick<Database, 'forTenant'>): LoadTemplates {
  const cache = new LRUCache<string, TemplateFiles>({
    maxSize: cachedChars,
    sizeCalculation: (files) => Object.values(files).reduce((sum, text) => sum + text.length, 1),
  });
  return async ({ tenantId, releaseId }) => {
    const known = cache.get(releaseId);
    if (known) return known;
    const rows = await database
      .forTenant(tenantId)
      .transaction((tx) => readReleaseFolder(tx, releaseId, { folder, maxBytes: maxTemplateBytes }));
    if (rows === undefined) {
      throw executionErrors.error(
        'TEMPLATES_TOO_LARGE',
        `The package's templates/ folder holds more than ${maxTemplateBytes} bytes, which is the limit. Move what ` +
          'is no template to static/.',
      );
    }
    const files = Object.fromEntries(
      rows.map(({ path, bytes }) => [path.slice(folder.length), Buffer.from(bytes).toString('utf8')]),
    );
    cache.set(releaseId, files);
    return files;
  };
}

/** `ctx.templates`. */
export function templateHandlers(
  templates: TemplatesPort,
  load: LoadTemplates,
): Pick<HostHandlers<RunIdentity>, 'templates.render'> {
  return {
    'templates.render': async ([name, data], { identity, signal }) =>
      templates.render({
        files: await load(identity.snapshot),
        name,
        data: data ?? {},
        tenant: identity.snapshot.tenantId,
        signal,
      }),
  };
}
