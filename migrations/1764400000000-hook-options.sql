-- What a source of incoming webhooks says of its signature beside its preset, and of pages that may call it:
-- { url, signature: { algorithm, encoding, prefix, signs }, cors }. Each is left out where the preset says it.
alter table hook_sources add column options jsonb not null default '{}';
