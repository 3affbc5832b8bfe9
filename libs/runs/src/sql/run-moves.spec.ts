/** Walks every move of the table in PostgreSQL, and every one that it does not have. */
import { globSync, readFileSync } from 'node:fs';
import { newId, uuidFromId, type Id } from '@annex/kernel';
import { retryLimits } from '@annex/limits';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeInstallation, type TestInstallation } from '../../../../test/support/installations.js';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { runMoves, runOperations, runStatuses, type RunOperation, type RunStatus } from '../run-status.js';
import { supersedeUnbegun } from './supersede-unbegun.js';
import { cancelRun } from './cancel-run.js';
import { finishAttempt, handBack, type AttemptEnd } from './claim.js';
import { claimDueRuns } from './claim-due.js';
import { cancelJobRuns } from './overlap.js';
import { expireLeases } from './reconcile.js';
import { endRunsOfUninstalled } from './uninstalled-runs.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

/** A run as the operation finds it, beside its status. */
interface Found {
  claims?: number;
  cancelRequested?: boolean;
}

interface Step extends Found {
  by: RunOperation;
  to: RunStatus;
  /** The product's own operation. */
  run: (at: TestInstallation, runId: Id<'run'>) => Promise<unknown>;
}

const inTenant = (at: TestInstallation) => db.database.forTenant(at.tenantId);
const key = (at: TestInstallation): [string, string] => [uuidFromId(at.tenantId), uuidFromId(at.id)];
const end = (status: AttemptEnd['status']): Step => ({
  by: 'finish',
  to: status,
  run: ({ tenantId, ...at }, runId) =>
    inTenant({ tenantId, ...at }).transaction((tx) =>
      finishAttempt(tx, { tenantId, runId, claim: 1, status, countsAsAttempt: false, limits: {}, release: null }),
    ),
});
const giveBack = (at: TestInstallation, runId: Id<'run'>) =>
  inTenant(at).transaction((tx) => handBack(tx, { runId, claim: 1 }));
const expire = () => db.database.platform((tx) => expireLeases(tx));

/** Each way in which an operation can move a run. */
const steps: Step[] = [
  {
    by: 'claim',
    to: 'running',
    async run({ tenantId }, runId) {
      await db.sql('update runs set next_attempt_at = now() where id = $1', [uuidFromId(runId)]);
      const asks = [{ tenantId, atMost: 1, onlyIfIdle: false }];
      await db.database.platform((tx) => claimDueRuns(tx, asks, { owner: 'w', leaseMs: 1000 }));
    },
  },
  end('succeeded'),
  end('queued'),
  end('failed'),
  end('retrying'),
  end('skipped'),
  end('cancelled'),
  { by: 'handBack', to: 'queued', run: giveBack },
  { by: 'handBack', to: 'cancelled', cancelRequested: true, run: giveBack },
  { by: 'expire', to: 'queued', run: expire },
  { by: 'expire', to: 'cancelled', cancelRequested: true, run: expire },
  { by: 'expire', to: 'failed', claims: retryLimits.claims, run: expire },
  { by: 'cancel', to: 'cancelled', run: (at, runId) => inTenant(at).transaction((tx) => cancelRun(tx, runId, 'x')) },
  {
    by: 'replace',
    to: 'cancelled',
    run: (at) =>
      inTenant(at).transaction((tx) =>
        cancelJobRuns(tx, { installationId: at.id, name: 'j' }, { code: 'CANCELLED', message: 'x' }),
      ),
  },
  {
    by: 'supersede',
    to: 'cancelled',
    run: (at) =>
      inTenant(at).transaction((tx) =>
        supersedeUnbegun(tx, { installationId: at.id, kind: 'job', name: 'j' }, () => true, {
          code: 'SUPERSEDED',
          message: 'x',
        }),
      ),
  },
  {
    by: 'uninstall',
    to: 'cancelled',
    run: (at) => inTenant(at).transaction((tx) => endRunsOfUninstalled(tx, key(at), 10)),
  },
];

/** A run with this status, whose lease is over, so that only its status can keep an operation from it. */
async function makeRun(at: TestInstallation, status: RunStatus, found: Found): Promise<Id<'run'>> {
  const id = newId('run');
  await db.sql(
    `insert into runs (tenant_id, id, installation_id, plugin, kind, name, status, claims, cancel_requested,
       lease_until)
     values ($1, $3, $2, $4, 'job', 'j', $5, $6, $7, now() - interval '1 minute')`,
    [...key(at), uuidFromId(id), at.slug, status, found.claims ?? 1, found.cancelRequested ?? false],
  );
  return id;
}

async function statusOf(runId: Id<'run'>): Promise<string | undefined> {
  return (await db.sql<{ status: string }>('select status from runs where id = $1', [uuidFromId(runId)]))[0]?.status;
}

describe('a run in PostgreSQL', () => {
  it('is moved by each operation as the table says, and not otherwise', async () => {
    const seen = new Set<string>();
    for (const step of steps) {
      for (const from of runStatuses) {
        const at = await makeInstallation(db, (await db.makeTenant()).id);
        const runId = await makeRun(at, from, step);
        await step.run(at, runId);
        const isLegal = runMoves.some((move) => move.from === from && move.to === step.to && move.by.includes(step.by));
        expect(await statusOf(runId), `${step.by} of a run that is ${from}, to ${step.to}`).toBe(
          isLegal ? step.to : from,
        );
        if (isLegal) seen.add(`${step.by}: ${from} to ${step.to}`);
        await db.sql('delete from runs where tenant_id = $1', [uuidFromId(at.tenantId)]);
      }
    }
    const legal = runMoves.flatMap(({ from, to, by }) => by.map((operation) => `${operation}: ${from} to ${to}`));
    expect([...seen].sort()).toEqual(legal.sort());
  });

  it('has its status set by those statements alone', async () => {
    const root = new URL('../../../../', import.meta.url).pathname;
    const setting = globSync('{libs,apps}/*/src/**/*.ts', { cwd: root })
      .filter((file) => !file.endsWith('.spec.ts'))
      .filter((file) =>
        /update runs\b[^`]*?\bset\b(?:(?!\b(?:where|from)\b)[^`])*?[\s,]status = /.test(
          readFileSync(`${root}${file}`, 'utf8'),
        ),
      );
    const operations = [
      'cancel-run',
      'claim-due',
      'claim',
      'overlap',
      'reconcile',
      'supersede-unbegun',
      'uninstalled-runs',
    ];
    expect(setting.sort()).toEqual(operations.map((name) => `libs/runs/src/sql/${name}.ts`));
    const functions = await db.sql(`select proname from pg_proc where prosrc ~* 'update\\s+(public\\.)?runs\\M'`);
    expect(functions).toEqual([]);
    expect(new Set(steps.map(({ by }) => by))).toEqual(new Set(runOperations));
  });
});
