/**
 * Annex with one of its safeguards taken out, to prove that the suite notices. A mutant is text of the compiled program
 * that the agent replaces while it is loaded: it has to follow the code, and says so when it finds nothing to replace.
 */
import type { Patch } from './agent.js';

const queueOptions = '/libs/queue/dist/create-queue.js';
const backends = '/libs/queue/dist/backends.js';
const reconcile = '/libs/dispatch/dist/reconcile.js';
const relay = '/libs/dispatch/dist/relay.js';
const dispatcher = '/libs/dispatch/dist/dispatcher.js';
const attempts = '/libs/runs/dist/attempts.js';
const ends = '/libs/runs/dist/ends.js';
const ticker = '/libs/dispatch/dist/ticker.js';
const claim = '/libs/runs/dist/sql/claim.js';
const idempotency = '/apps/api/dist/http/idempotency.js';
const connections = '/libs/database/dist/connections.js';
const sources = '/libs/sources/dist/connections.js';
const listener = '/libs/database/dist/listener.js';

export const mutants = {
  /** The queue gives a permit up whose worker died twice, as BullMQ does when nobody tells it otherwise. */
  stalledOnce: [{ module: queueOptions, from: 'maxStalledCount: [\\d_]+', to: 'maxStalledCount: 1' }],
  /** Nobody looks for due runs of which no notice came, or whose permit was lost. */
  noLook: [{ module: relay, from: 'await look\\(\\)', to: 'lookAtMs = Infinity' }],
  /** Nobody looks for workers that died. */
  noReconcile: [{ module: reconcile, from: 'isSettled \\? await expireLeases\\(tx\\) : \\[\\]', to: '[]' }],
  /** A worker starts what it claimed, however long it stood still with it. */
  staleStart: [
    { module: attempts, from: 'performance\\.now\\(\\) > active\\.heldUntilMs', to: 'false' },
    { module: claim, from: "r\\.claims = h\\.claim and r\\.status = 'running'", to: 'h.claim is not null' },
  ],
  /** Whoever ends a run may write that, although another worker has taken it over. */
  noFencing: [
    { module: claim, from: 'r\\.claims = e\\.claim and \\$\\{isMove\\([^)]*\\)\\}', to: 'e.claim is not null' },
    { module: claim, from: "r\\.claims = h\\.claim and r\\.status = 'running'", to: 'h.claim is not null' },
  ],
  /** What a run did is committed before its end is. */
  effectsApart: [
    {
      module: ends,
      from: 'const \\{ database \\} = options;',
      to: 'const database = (globalThis.all = options.database);',
    },
    {
      module: ends,
      from: 'await commit\\(tx\\)',
      to: 'await globalThis.all.forTenant(tx.tenantId).transaction((own) => commit(own))',
    },
  ],
  /** The answer to a request with an Idempotency-Key is kept after its work is committed, not with it. */
  answerApart: [{ module: idempotency, from: 'return keep \\? \\{', to: 'return false ? {' }],
  /** A worker that starts counts each schedule's next tick from now. */
  upsertAtBoot: [
    {
      module: ticker,
      from: 'const plan = planTicks\\(',
      to:
        'if (due.nextAtMs < (globalThis.bootedAtMs ??= due.nowMs)) return moveSchedule(tx, due.id, ' +
        'Math.ceil(due.nowMs / 1000) * 1000);\n    const plan = planTicks(',
    },
  ],
  /** Connections wait for an answer without end. */
  noSocketTimeout: [
    { module: connections, from: 'query_timeout: \\w+,?', to: '' },
    { module: listener, from: 'query_timeout: [\\d_]+,', to: '' },
    { module: backends, from: 'query_timeout: \\w+,', to: '' },
    { module: backends, from: 'socketTimeout: [\\d_]+,?', to: '' },
    { module: backends, from: 'commandTimeout: [\\d_]+', to: '' },
  ],
  /** What a source's connection gave is acknowledged to where it came from, and then committed. */
  ackFirst: [
    {
      module: sources,
      from: 'await this\\.#write\\(source, batch, signal\\);',
      to: 'await batch.ack?.(); await this.#write(source, batch, signal);',
    },
  ],
  /** A source's place is committed before the events up to it are. */
  placeFirst: [
    {
      module: sources,
      from: 'const \\{ batch \\} = reading;',
      to:
        'const { batch } = reading; const { noteBatch } = await import("./sql/hold-source.js"); await database' +
        '.forTenant(source.tenantId).transaction((tx) => noteBatch(tx, source.id, ' +
        '{ cursor, spendToken: false, events: 0, duplicates: 0, rejected: 0 }));',
    },
  ],
} as const satisfies Record<string, readonly Patch[]>;

/** No mutants: the same rules with shorter times, so that a scenario takes seconds. */
export const tempos = {
  quickStalls: [
    { module: queueOptions, from: 'lockDuration: [\\d_]+', to: 'lockDuration: 2_000' },
    // Longer than it takes to tell a process that has just started what to do when it gets a permit again.
    { module: queueOptions, from: 'stalledInterval: [\\d_]+', to: 'stalledInterval: 3_000' },
  ],
  shortLeases: [{ module: dispatcher, from: 'leaseMs = [\\d_]+', to: 'leaseMs = 4_000' }],
  shortSourceLeases: [
    { module: '/libs/limits/dist/groups/sources.js', from: 'leaseMs: 12 \\* SECOND', to: 'leaseMs: 3 * SECOND' },
    { module: '/libs/settings/dist/etcd/etcd-mirrors.js', from: '15 \\* SECOND', to: '3 * SECOND' },
  ],
} as const satisfies Record<string, readonly Patch[]>;

/**
 * The sandbox's self-test is left out where processes start all the time: it takes half of a start, and the suites that
 * look at starts have it.
 */
export const untested: readonly Patch[] = [
  {
    module: '/libs/sandbox/dist/pool/create-sandbox.js',
    from: 'complete\\.skipSelfTest \\? undefined : proveSandbox\\([^)]*\\)',
    to: 'undefined',
  },
];
