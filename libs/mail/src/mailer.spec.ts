import { newId, silentLogger, systemClock, type Id } from '@annex/kernel';
import { quotas } from '@annex/quotas';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeInstallation } from '../../../test/support/installations.js';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { Mailer, type MailInput, type MailOrigin, type MailTransport, type OutgoingMail } from './index.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

const mail: MailInput = {
  to: ['ada@example.com'],
  cc: [],
  bcc: [],
  replyTo: undefined,
  subject: 'Hi',
  text: 'Hello',
  html: undefined,
  attachments: [],
};
const sent: OutgoingMail[] = [];
let answer: () => Promise<void>;
const transport: MailTransport = {
  async send(outgoing) {
    await answer();
    sent.push(outgoing);
    return { accepted: outgoing.to.map(({ address }) => address), rejected: [] };
  },
  close() {},
};
let origin: MailOrigin;
let tenantId: Id<'tenant'>;
beforeEach(async () => {
  sent.length = 0;
  answer = () => Promise.resolve();
  tenantId = (await db.makeTenant()).id;
  const installation = await makeInstallation(db, tenantId);
  origin = {
    tenantId,
    installationId: installation.id,
    plugin: 'probe',
    runId: newId('run'),
    idempotencyKey: undefined,
    occurrence: () => 0,
    mask: (value) => value,
  };
});
const make = (over: Partial<ConstructorParameters<typeof Mailer>[0]> = {}): Mailer =>
  new Mailer({
    database: db.database,
    transport,
    from: { name: '', address: 'no-reply@acme.test' },
    clock: systemClock,
    logger: silentLogger,
    ...over,
  });

describe('sending', () => {
  it('sends the same mail of a run once, whichever process is asked again', async () => {
    const first = await make().send(mail, origin);
    expect(await make().send(mail, origin)).toMatchObject({ id: first.id, status: 'sent' });
    expect(sent).toHaveLength(1);
    await make().send(mail, { ...origin, occurrence: () => 1 });
    await make().send({ ...mail, text: 'other words' }, origin);
    await make().send(mail, { ...origin, runId: newId('run') });
    expect(new Set(sent.map(({ messageId }) => messageId)).size).toBe(4);
  });

  it('is not sent beside itself, and again under its Message-ID once its sender is long silent', async () => {
    let letGo: () => void = () => undefined;
    let isUnderWay: () => void = () => undefined;
    const underWay = new Promise<void>((resolve) => (isUnderWay = resolve));
    answer = () =>
      new Promise((resolve) => {
        letGo = resolve;
        isUnderWay();
      });
    const first = make().send(mail, origin);
    await underWay;
    await expect(make().send(mail, origin)).rejects.toMatchObject({
      code: 'MAIL_UNAVAILABLE',
      kind: { fault: 'platform' },
    });
    answer = () => Promise.resolve();
    await db.sql(`update mails set updated_at = now() - interval '5 minutes'`);
    expect(await make().send(mail, origin)).toMatchObject({ status: 'sent' });
    letGo();
    expect((await first).message_id).toBe(sent[0]?.messageId);
    expect(new Set(sent.map(({ messageId }) => messageId)).size).toBe(1);
  });

  it('tries again what failed, and says in its row how it failed', async () => {
    answer = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:25'));
    const failure = await make()
      .send(mail, origin)
      .catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: 'MAIL_UNAVAILABLE' });
    expect(String(failure)).not.toContain('10.0.0.7');
    const { items } = await make().list(tenantId, { limit: 10 });
    expect(items).toMatchObject([{ status: 'failed', error: { code: 'MAIL_UNAVAILABLE' } }]);
    answer = () => Promise.resolve();
    expect(await make().send(mail, origin)).toMatchObject({ id: items[0]?.id, status: 'sent' });
    expect((await make().list(tenantId, { limit: 10 })).items).toMatchObject([{ status: 'sent', error: null }]);
  });

  it('takes an idempotency key for one mail of the installation, not of others', async () => {
    const other = await makeInstallation(db, tenantId);
    await make().send(mail, { ...origin, idempotencyKey: 'k' });
    await make().send({ ...mail, text: 'other words' }, { ...origin, runId: newId('run'), idempotencyKey: 'k' });
    await make().send(mail, { ...origin, installationId: other.id, idempotencyKey: 'k' });
    expect(sent).toHaveLength(2);
  });
});

describe('keeping', () => {
  it('keeps no more than its limit, and says what to do', async () => {
    const keeper = make({ transport: undefined });
    const { id } = await keeper.send(mail, origin);
    await db.sql('update mails set size_bytes = $1', [quotas.kept_mail_bytes.default]);
    await expect(keeper.send({ ...mail, text: 'more' }, origin)).rejects.toMatchObject({ code: 'MAIL_KEPT_FULL' });
    expect((await keeper.list(tenantId, { limit: 10 })).items).toHaveLength(1);
    await keeper.delete(tenantId, id);
    expect(await keeper.send({ ...mail, text: 'more' }, origin)).toMatchObject({ status: 'kept' });
  });

  it('keeps what PostgreSQL’s text cannot hold in a form that it can', async () => {
    const keeper = make({ transport: undefined });
    const { id } = await keeper.send(
      {
        ...mail,
        text: 'nul \0 half \ud800 end',
        attachments: [{ filename: 'a.bin', contentType: undefined, bytes: Uint8Array.of(0, 255) }],
      },
      origin,
    );
    expect((await keeper.get(tenantId, id)).text).toBe('nul \ufffd half \ufffd end');
    expect([...(await keeper.attachment(tenantId, id, 0)).bytes]).toEqual([0, 255]);
    await expect(keeper.attachment((await db.makeTenant()).id, id, 0)).rejects.toMatchObject({
      code: 'MAIL_NOT_FOUND',
    });
  });

  it('masks secrets in what is written down, also inside bytes', async () => {
    const keeper = make({ transport: undefined });
    const mask: MailOrigin['mask'] = (value) =>
      JSON.parse(JSON.stringify(value).replaceAll('s3cret', '***')) as typeof value;
    const binary = Buffer.concat([Buffer.from([255, 0]), Buffer.from('s3cret')]);
    const { id } = await keeper.send(
      {
        ...mail,
        to: ['s3cret@example.com'],
        subject: 's3cret',
        text: 's3cret',
        attachments: [{ filename: 's3cret.txt', contentType: undefined, bytes: binary }],
      },
      { ...origin, mask },
    );
    expect(JSON.stringify(await db.sql('select * from mails where text is not null'))).not.toContain('s3cret');
    const { bytes, filename } = await keeper.attachment(tenantId, id, 0);
    expect([filename, Buffer.from(bytes).toString('latin1')]).toEqual(['***.txt', '\u00ff\0***']);
  });
});
