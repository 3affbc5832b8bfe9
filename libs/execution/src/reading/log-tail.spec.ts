import { newId, silentLogger, systemClock, type Id } from '@annex/kernel';
import { insertLogs, type LogLine } from '../rows/logs.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeInstallation } from '../../../../test/support/installations.js';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { LogTail } from './log-tail.js';

let db: TestDatabase;
let tail: LogTail;
let tenantId: Id<'tenant'>;
let installationId: Id<'installation'>;
beforeAll(async () => {
  db = await openTestDatabase();
  tail = new LogTail({ database: db.database, clock: systemClock, logger: silentLogger, pollMs: 200 });
  await tail.start();
});
afterAll(async () => {
  await tail.stop();
  await db.close();
});
beforeEach(async () => {
  tenantId = (await db.makeTenant()).id;
  installationId = (await makeInstallation(db, tenantId)).id;
});

const line = (message: string, installation = installationId) => ({
  runId: newId('run'),
  installationId: installation,
  plugin: 'p',
  timeMs: Date.now(),
  level: 'info' as const,
  message,
  fields: null,
});
const write = (...messages: string[]) =>
  db.database.forTenant(tenantId).transaction((tx) =>
    insertLogs(
      tx,
      messages.map((message) => line(message)),
    ),
  );

/** Collects lines and can be waited on. */
function reader(): {
  lines: LogLine[];
  messages: () => string[];
  take: (line: LogLine) => void;
  until: (count: number) => Promise<void>;
} {
  const lines: LogLine[] = [];
  let waiting: { count: number; done: () => void } | undefined;
  return {
    lines,
    messages: () => lines.map(({ message }) => message),
    take: (one) => {
      lines.push(one);
      if (waiting && lines.length >= waiting.count) waiting.done();
    },
    until: (count) => (lines.length >= count ? Promise.resolve() : new Promise((done) => (waiting = { count, done }))),
  };
}

describe('following a log', () => {
  it('gives everybody each new line once and nothing older', async () => {
    await write('before');
    const [one, two] = [reader(), reader()];
    const ends = [
      await tail.follow({ tenantId, installationId }, one.take),
      await tail.follow({ tenantId, installationId }, two.take),
    ];
    await write('a', 'b');
    await write('c');
    await Promise.all([one.until(3), two.until(3)]);
    expect([one.messages(), two.messages()]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
    for (const end of ends) end();
    ends[0]?.();
  });

  it('gives nothing of another installation or tenant', async () => {
    const neighbour = await makeInstallation(db, tenantId);
    const mine = reader();
    const end = await tail.follow({ tenantId, installationId }, mine.take);
    await db.database
      .forTenant(tenantId)
      .transaction((tx) => insertLogs(tx, [line('theirs', neighbour.id), line('mine')]));
    await mine.until(1);
    expect(mine.messages()).toEqual(['mine']);
    end();
    const other = await db.makeTenant();
    const foreign = reader();
    const stop = await tail.follow({ tenantId: other.id, installationId, after: '0' }, foreign.take);
    expect(foreign.lines).toEqual([]);
    stop();
  });

  it('goes on behind the last line that a reader had, without a gap or a repetition', async () => {
    const first = reader();
    const end = await tail.follow({ tenantId, installationId }, first.take);
    await write('1', '2', '3');
    await first.until(3);
    end();
    await write('4', '5');
    // Somebody else keeps the tail alive with a memory of these lines.
    const other = reader();
    const stop = await tail.follow({ tenantId, installationId }, other.take);
    const again = reader();
    const stopAgain = await tail.follow({ tenantId, installationId, after: first.lines[1]?.id ?? '' }, again.take);
    await write('6');
    await Promise.all([again.until(4), other.until(1)]);
    expect(again.messages()).toEqual(['3', '4', '5', '6']);
    expect(other.messages()).toEqual(['6']);
    stop();
    stopAgain();
  });

  it('finds a line whose transaction began earlier and committed later than one already given', async () => {
    const seen = reader();
    const end = await tail.follow({ tenantId, installationId }, seen.take);
    const begun = Promise.withResolvers<void>();
    const hold = Promise.withResolvers<void>();
    const late = db.database.forTenant(tenantId).transaction(async (tx) => {
      await insertLogs(tx, [line('late')]);
      begun.resolve();
      await hold.promise;
    });
    await begun.promise;
    await write('early');
    await seen.until(1);
    expect(seen.messages()).toEqual(['early']);
    hold.resolve();
    await late;
    await seen.until(2);
    expect(seen.messages()).toEqual(['early', 'late']);
    end();
  });

  it('keeps up with more lines than one reading takes', async () => {
    const seen = reader();
    const end = await tail.follow({ tenantId, installationId }, seen.take);
    const messages = Array.from({ length: 2_500 }, (_, index) => `${index}`);
    await write(...messages);
    await seen.until(2_500);
    expect(seen.messages()).toEqual(messages);
    end();
  });
});
