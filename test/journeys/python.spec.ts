import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, type TestAnnex, type TestTenant } from '../support/annex.js';
import { startWebhookSink, type WebhookSink } from '../support/webhook-sink.js';
import { packPlugin } from '../support/pack-plugin.js';

let annex: TestAnnex;
let tenant: TestTenant;
let sink: WebhookSink;

const main = `
from datetime import datetime
from src.ext.sdk import hook, route, job, PluginContext

@hook("auth.user.created")
def on_user_created(ctx: PluginContext, event_data: dict):
    user_email = event_data["user"]["email"]
    print(f"Welcome {user_email}")
    ctx.emit("email.welcome_sent", {"user_email": user_email})
    return {"greeted": user_email}

@route("/users/<user_id>", methods=["GET"])
def get_user(ctx: PluginContext, user_id: str):
    user = ctx.db.get_by_id("users", user_id)
    if not user:
        return {"error": "User not found"}, 404
    return {"user": user["email"]}

@route("/notes", methods=["POST"])
def add_note(ctx):
    note = ctx.request.get_json()
    row = ctx.db.insert("notes", {"text": note["text"], "at": datetime(2026, 1, 2).isoformat()})
    ctx.kv.set("last", row["id"], ttl=60)
    ctx.files.upload("notes/last.txt", note["text"].encode(), content_type="text/plain")
    found = ctx.db.query("notes", {"text": {"$eq": note["text"]}}, limit=5, order_by="-created_at")
    return {
        "same": found[0].id == ctx.kv.get("last"),
        "count": ctx.db.count("notes"),
        "visits": ctx.kv.incr("visits"),
        "file": ctx.files.read("notes/last.txt").decode(),
        "key": ctx.secrets.get("API_KEY"),
        "keys": [each["key"] for each in ctx.kv.list("l")],
        "listed": [each["key"] for each in ctx.files.list("notes/")],
        "page": ctx.templates.render("page.liquid", {"name": "Ann"}),
    }, 201

@route("/broken")
def broken(ctx):
    return [][1]

@job("daily_cleanup", schedule="0 2 * * *")
def daily_cleanup(ctx):
    return {"status": "cleanup_completed", "plugin": ctx.plugin.slug}
`;

beforeAll(async () => {
  sink = await startWebhookSink();
  annex = await startTestAnnex({ ANNEX_EGRESS_ALLOW_PRIVATE: sink.url.replace('http://', '') });
  tenant = await annex.makeTenant();
  const manifest = {
    slug: 'guide',
    entry: 'main.py',
    routes: true,
    events: ['auth.user.created', 'build.completed'],
    jobs: [{ name: 'daily_cleanup', schedule: '0 2 * * *' }],
    permissions: ['db.read', 'db.write', 'files.read', 'files.write'],
    secrets: ['API_KEY', 'KEY'],
  };
  const installed = await tenant.install(
    {
      manifest,
      code: '',
      files: {
        'main.py': main,
        'templates/page.liquid': 'Hello {{ name }}',
        'webhooks/build.yaml':
          'api_version: v1\non: ["build.completed"]\ndelivery:\n  url: "${SECRET:WEBHOOK_URL}"\n' +
          'transform: { language: "python", entry: "transforms/build_completed.py#transform" }\n',
        'transforms/build_completed.py':
          'def transform(event_data):\n    return {"text": f"Build {event_data[\'build_id\']} completed"}\n',
      },
    },
    { secrets: { API_KEY: 'k-1', WEBHOOK_URL: `${sink.url}/build`, KEY: 'x' } },
  );
  expect(installed.status, JSON.stringify(installed.body)).toBe(200);
}, 300_000);
afterAll(async () => {
  await annex.stop();
  await sink.close();
});

describe('a plugin in Python', { timeout: 120_000 }, () => {
  it('serves routes with the whole of ctx', async () => {
    const note = await tenant.owner.post('/ext/guide/notes', { text: 'Grüße' });
    expect(note.status, JSON.stringify(note.body)).toBe(201);
    expect(note.body).toEqual({
      same: true,
      count: 1,
      visits: 1,
      file: 'Grüße',
      key: 'k-1',
      keys: ['last'],
      listed: ['notes/last.txt'],
      page: 'Hello Ann',
    });
    expect((await tenant.owner.get('/ext/guide/users/00000000-0000-7000-8000-000000000000')).status).toBe(404);
    expect((await tenant.owner.get('/ext/guide/broken')).body).toMatchObject({ code: 'PLUGIN_ERROR' });
  });

  it('hears events, and sends webhooks that it transforms', async () => {
    const tested = await tenant.owner.post('/api/plugins/test-event', {
      event_type: 'auth.user.created',
      event_data: { user: { email: 'a@b.test' } },
    });
    expect(tested.body).toMatchObject({ deliveries: [{ status: 'succeeded', result: { greeted: 'a@b.test' } }] });
    await tenant.owner.post('/api/events', { type: 'build.completed', data: { build_id: 'b-7' } });
    const [arrival] = await sink.arrived('/build');
    expect(JSON.parse(String(arrival?.body))).toEqual({ text: 'Build b-7 completed' });
  });

  it('asks admins for what its webhooks need, and says so', async () => {
    const { body } = await tenant.owner.get('/api/plugins/guide');
    expect((body as { permissions: { granted: string[] } }).permissions.granted).toContain('emit_webhook');
    const manifest = { slug: 'needs', entry: 'main.py', secrets: [], permissions: [] };
    const files = {
      'main.py': '',
      'webhooks/a.yaml': 'api_version: v1\non: ["a.b"]\ndelivery:\n  url: "${SECRET:WEBHOOK_URL}"\n',
    };
    const taken = await tenant.owner.upload(packPlugin({ manifest, code: '', files }));
    expect(taken.status, JSON.stringify(taken.body)).toBeLessThan(300);
    expect(JSON.stringify(taken.body)).toContain('write \\"WEBHOOK_URL\\" into \\"secrets\\"');
  });

  it('does jobs', async () => {
    const ran = await tenant.owner.post('/api/plugins/guide/jobs/daily_cleanup/run-now?wait=30', {});
    expect(ran.body).toMatchObject({ status: 'succeeded', result: { status: 'cleanup_completed', plugin: 'guide' } });
  });

  it('is refused when a decorator says another schedule', async () => {
    const jobs = [{ name: 'nightly', schedule: '0 2 * * *' }];
    const code = 'from annex import job\n\n@job("nightly", schedule="0 3 * * *")\ndef nightly(ctx):\n    pass\n';
    const manifest = { slug: 'late', entry: 'main.py', jobs };
    const refused = await tenant.owner.upload(packPlugin({ manifest, code: '', files: { 'main.py': code } }));
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({ errors: [{ code: 'JOB_SCHEDULE' }] });
  });

  it('is refused with every place where it is wrong', async () => {
    const zip = packPlugin({
      manifest: { slug: 'wrong', entry: 'main.py' },
      code: '',
      files: { 'main.py': 'import os\nfrom lib import x\n', 'lib.py': 'x = (\n' },
    });
    const refused = await tenant.owner.upload(zip);
    expect(refused.status).toBe(422);
    const details = (refused.body as { errors: { detail: string }[] }).errors.map(({ detail }) => detail).join('\n');
    expect(details).toContain("main.py:1:1: 'os' is not there in a plugin");
    expect(details).toContain('lib.py:1:');
  });
});
