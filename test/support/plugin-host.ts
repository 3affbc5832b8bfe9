import { connectPackageMappings, restPackageMappings } from '@annex/mappings';
import { connectPackageWebhooks, restPackageWebhooks } from '@annex/webhooks';
import { newId, silentLogger, uuidFromId, type Id, type Json } from '@annex/kernel';
import { Installations, type InstallationsCaller, type InstallationsOptions } from '@annex/installations';
import { emitEvent, enqueueRun } from '@annex/runs';
import { findSecretScopes } from '@annex/vault';
import { createCompiler, createSandbox, type Sandbox } from '@annex/sandbox';
import { packPlugin as packParts } from './pack-plugin.js';
import { openTestDatabase, type TestDatabase } from './test-database.js';

/** A clock that stands still until it is told to move. */
export interface HandClock {
  now(): number;
  forward(ms: number): void;
}

export interface PluginHost {
  db: TestDatabase;
  sandbox: Sandbox;
  clock: HandClock;
  installations: Installations;
  /** Isolate keys that were evicted, in order. */
  evicted: string[];
  /** Another one over the same database, as a second process would have. */
  another(over?: Partial<InstallationsOptions>): Installations;
  /** A tenant of the test's own and a caller in it. */
  makeCaller(role?: string): Promise<InstallationsCaller>;
  /** Gives a secret a value, the tenant's own when no installation is named. */
  setSecret(tenantId: Id<'tenant'>, name: string, installationId?: Id<'installation'>): Promise<void>;
  close(): Promise<void>;
}

/** Installations on a real database and a real sandbox. Call in `beforeAll`, `close()` in `afterAll`. */
export async function openPluginHost(): Promise<PluginHost> {
  const db = await openTestDatabase();
  const [sandbox, compiler] = await Promise.all([createSandbox({ hostMethods: [] }), createCompiler()]);
  let nowMs = Date.parse('2026-03-02T10:00:00Z');
  const clock: HandClock = { now: () => nowMs, forward: (ms) => void (nowMs += ms) };
  const evicted: string[] = [];
  const another = (over: Partial<InstallationsOptions> = {}): Installations =>
    new Installations({
      database: db.database,
      sandbox,
      compiler,
      vault: {
        missing: async (tx, installationId, names) => {
          const set = await findSecretScopes(tx, installationId, names);
          return names.filter((name) => !set.has(name));
        },
        setBy: findSecretScopes,
      },
      webhooks: { connect: connectPackageWebhooks, rest: restPackageWebhooks },
      mappings: { connect: connectPackageMappings, rest: restPackageMappings },
      emit: emitEvent,
      enqueueRun,
      evict: (prefix) => void evicted.push(prefix),
      clock,
      logger: silentLogger,
      ...over,
    });
  return {
    db,
    sandbox,
    clock,
    evicted,
    another,
    installations: another(),
    async makeCaller(role = 'admin') {
      return { actor: newId('user'), tenant: await db.makeTenant(), role, requestId: newId('request') };
    },
    async setSecret(tenantId, name, installationId) {
      const tenant = uuidFromId(tenantId);
      await db.sql(
        `insert into tenant_keys (tenant_id, version, kek_id, wrapped) values ($1, 1, 'test', '')
         on conflict do nothing`,
        [tenant],
      );
      await db.sql(
        `insert into secrets (tenant_id, installation_id, name, key_version, nonce, ciphertext)
         values ($1, $2, $3, 1, '', '')`,
        [tenant, installationId ? uuidFromId(installationId) : null, name],
      );
    },
    async close() {
      await Promise.all([sandbox.stop(), compiler.stop()]);
      await db.close();
    },
  };
}

export interface TestPlugin {
  slug?: string;
  version?: string;
  /** Further manifest keys, wire form. */
  manifest?: Record<string, Json>;
  /** The entry's text. Default: registers nothing. */
  code?: string;
  /** Further files. */
  files?: Record<string, string>;
}

/** A package as an author would pack it. The same plugin always gives the same bytes. */
export function packPlugin({
  slug = 'probe',
  version = '1.0.0',
  manifest = {},
  code = 'export {};',
  files = {},
}: TestPlugin = {}): Uint8Array {
  return packParts({ manifest: { slug, name: slug, version, ...manifest }, code, files });
}
