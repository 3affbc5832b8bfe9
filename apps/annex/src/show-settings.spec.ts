import { expect, it } from 'vitest';
import { readSettings } from './config.js';

const shownOf = (environment: Record<string, string>) =>
  new Map(readSettings(environment).shown.map((each) => [each.name, each]));

it('shows a setting as it is in force, and whether somebody set it', () => {
  const shown = shownOf({ ANNEX_MIN_INTERVAL_S: '5' });
  expect(shown.get('ANNEX_MIN_INTERVAL_S')).toMatchObject({ value: '5', is_set: true, is_secret: false });
  expect(shown.get('ANNEX_TENANT_GRACE_DAYS')).toMatchObject({ value: '7', is_set: false });
  expect(shown.get('REDIS_URL')).toMatchObject({ value: null, is_set: false });
});

it('shows nothing secret', () => {
  const secret = 'do-not-show-this-to-anybody-at-all';
  const shown = shownOf({
    ANNEX_JWT_SECRET: secret,
    ANNEX_MASTER_KEY: '0'.repeat(64),
    ANNEX_ADMIN_EMAIL: 'a@b.test',
    ANNEX_ADMIN_PASSWORD: secret,
    LLM_API_KEY: secret,
    DATABASE_URL: `postgres://annex:${secret}@db:5432/annex`,
    SMTP_URL: `smtp://user:${secret}@mail:587`,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://collector:4318/?api_key=${secret}`,
  });
  expect(JSON.stringify([...shown.values()])).not.toContain(secret);
  expect(JSON.stringify([...shown.values()])).not.toContain('0'.repeat(64));
  expect(shown.get('DATABASE_URL')).toMatchObject({ value: 'postgres://annex:•••@db:5432/annex', is_secret: true });
  expect(shown.get('ANNEX_JWT_SECRET')).toMatchObject({ value: '•••', is_set: true, is_secret: true });
});
