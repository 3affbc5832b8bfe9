// node bench/mappings.mjs [events]: what mappings cost. Events go through `POST /api/events`' own function, sixteen at
// once, to a tenant without mappings and to one with ten rules: two that rename, two that also set a subject and tags,
// four that count events of a hundred keys, one that counts each by a key of its own, one that takes nothing; and one
// correlation. Both take turns; the medians are compared. Prints figures; asserts nothing.
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId, newUuid, silentLogger, uuidFromId } from '../libs/kernel/dist/index.js';
import { connect } from '../apps/annex/dist/connect-database.js';
import { prepareDatabase, startEmbeddedPostgres } from '../libs/database/dist/index.js';
import { Mappings } from '../libs/mappings/dist/index.js';
import { Events } from '../libs/runs/dist/index.js';

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const events = Number(process.argv[2] ?? 10_000);
const atOnce = 16;
const rounds = 3;
const folder = mkdtempSync(join(tmpdir(), 'annex-bench-mappings-'));
chmodSync(folder, 0o755);
const postgres = await startEmbeddedPostgres({ dataDir: folder, logger: silentLogger });
const { logins } = await prepareDatabase({ url: postgres.url, logins: { current: randomBytes(32), old: [] } });
const database = await connect({ logins, logger: silentLogger });
const bus = new Events({ database });
const mappings = new Mappings({ database });

const set = { subject: '{{ data.name | downcase }}' };
const counted = { key: '{{ subject }}', window_s: 600, resolve_after_s: 900 };
const rules = [
  { type: 'a.n0', to: 'b.n0', severity: 'warning' },
  { type: 'a.n1', to: 'b.n1', severity: 'error' },
  { type: 'a.n2', to: 'b.n2', tags: { category: 'x' }, set },
  { type: 'a.n3', to: 'b.n3', tags: { category: 'y' }, set, where: { 'data.n': { $gte: 0 } } },
  ...[4, 5, 6, 7].map((n) => ({ type: `a.n${n}`, to: `b.n${n}`, dedupe: counted, where: { 'data.n': { $gte: 0 } } })),
  { type: 'a.n8', to: 'b.n8', dedupe: { ...counted, key: '{{ id }}' } },
  { type: 'a.n9', to: 'b.n9', where: { 'data.n': { $lt: 0 } } },
];
const correlations = [{ emit: 'b.both', all: ['b.n0', 'b.n1'], by: '{{ subject }}', within_s: 60 }];
const document = { api_version: 'v1', mappings: rules, correlations };

/** A tenant with one hook that gets every event, as one plugin's would. */
async function makeTenant(isMapped) {
  const tenant = newId('tenant');
  const slug = `bench-${newUuid()}`;
  const installation = newUuid();
  await database.platform(async (tx) => {
    await tx.query('insert into tenants (id, slug, name) values ($1, $2, $2)', [uuidFromId(tenant), slug]);
    await tx.query(
      `insert into installations (tenant_id, id, slug, name, status)
       values ($1, $2, 'hook', 'hook', 'disabled')`,
      [uuidFromId(tenant), installation],
    );
    await tx.query(
      `insert into subscriptions (tenant_id, installation_id, pattern, ordinal, plugin, policy)
       values ($1, $2, '**', 0, 'hook', '{}')`,
      [uuidFromId(tenant), installation],
    );
  });
  const caller = { actor: 'usr_bench', tenant: { id: tenant, slug }, role: 'owner' };
  if (isMapped) await mappings.put(caller, 'bench', { json: document, isAdmin: true });
  return caller;
}

/** Sends events and answers the milliseconds that one took. */
async function send(caller) {
  let next = 0;
  const clock = performance.now();
  const sender = async () => {
    for (;;) {
      const n = next;
      next += 1;
      if (n >= events) return;
      await bus.emit(caller, {
        ...{ id: null, type: `a.n${n % 10}`, source: 'bench', subject: `web-${Math.floor(n / 10) % 100}`, time: null },
        ...{ data: { n, name: `Web ${n % 100}` }, severity: 'info', tags: [], attributes: {} },
      });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, sender));
  const took = performance.now() - clock;
  // Room for the next round: a tenant's queue holds so many runs.
  await database.platform((tx) => tx.query(`delete from runs where tenant_id = $1`, [uuidFromId(caller.tenant.id)]));
  return took;
}

try {
  const took = { none: [], ten: [] };
  for (let round = 0; round <= rounds; round += 1) {
    const [none, ten] = [await send(await makeTenant(false)), await send(await makeTenant(true))];
    // The first round warms up.
    if (round === 0) continue;
    took.none.push(none);
    took.ten.push(ten);
  }
  const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
  const [none, ten] = [median(took.none), median(took.ten)];
  console.log(`${events} events, ${atOnce} at once, median of ${rounds} rounds`);
  console.log(`without mappings  ${none.toFixed(0)} ms  ${((events / none) * 1000).toFixed(0)} events/s`);
  console.log(`ten mappings      ${ten.toFixed(0)} ms  ${((events / ten) * 1000).toFixed(0)} events/s`);
  console.log(`ratio             ${(ten / none).toFixed(2)}`);
} finally {
  await database.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
