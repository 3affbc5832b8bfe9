// Many runs of many tenants, made by PostgreSQL itself. As a busy installation has them: three quarters are calls of
// routes, in chunks of 150; of the rest nine in ten went well. The first tenant has two fifths of everything.

const uuid = (kind, number) => `('0190000${kind}-0000-7000-8000-' || lpad(to_hex(${number}), 12, '0'))::uuid`;
/** Days over which the runs are spread, the newest now. */
const days = 20;
const inChunk = 150;

/** @param {import('pg').Client} owner */
export async function fill(owner, { runs, tenants }) {
  const tenantOf = (number) => `case when ${number} % 5 < 2 then 1 else 1 + ${number} % ${tenants} end`;
  const chunks = Math.round((runs * 0.75) / inChunk);
  const rows = runs - chunks * inChunk;
  await owner.query(
    `insert into tenants (id, slug, name) select ${uuid(1, 'n')}, 't-' || n, 'T' from generate_series(1, ${tenants}) n`,
  );
  await owner.query(
    `insert into installations (tenant_id, id, slug, name, status)
     select ${uuid(1, 'n')}, ${uuid(2, 'n')}, 'p', 'P', 'enabled' from generate_series(1, ${tenants}) n`,
  );
  await owner.query(
    `insert into runs (tenant_id, id, installation_id, plugin, release, kind, name, status, error, result, limits,
       attempt_count, claims, queued_at, started_at, finished_at)
     select ${uuid(1, 'r.tenant')}, r.id, ${uuid(2, 'r.tenant')}, 'p', '1.0.0', r.kind, 'handler', r.status,
       case when r.status = 'failed' then '{"code":"PLUGIN_ERROR","message":"no"}'::json end, '{"status":200}',
       '{"wall_ms":{"used":3,"max":5000}}', case when r.status = 'failed' then 1 else 0 end,
       case when r.kind = 'route' then 0 else 1 end, r.at, r.at, r.at + interval '3 ms'
     from (
       select ${tenantOf('n')} as tenant, id, uuid_extract_timestamp(id) as at,
         (array['route', 'event', 'job', 'event'])[1 + n % 4] as kind,
         case when n % 10 = 3 then 'failed' else 'succeeded' end as status
       from (select n, uuidv7(make_interval(secs => -(${rows} - n) * ${(days * 86_400) / rows}::float8)) as id
         from generate_series(1, ${rows}) n) made) r`,
  );
  await owner.query(
    `insert into run_chunks (tenant_id, first_id, last_id, installation_id, plugin, release, name, depth, result,
       limits, runs, started_at, ids, before_ms, took_ms, wall_ms, cpu_ms, memory_mb, result_bytes, request_bytes)
     select ${uuid(1, 'c.tenant')}, c.ids[1], c.ids[${inChunk}], ${uuid(2, 'c.tenant')}, 'p', '1.0.0', 'GET /ping', 0,
       '{"status":200}', '{"wall_ms":{"used":%1$s,"max":5000}}', ${inChunk},
       uuid_extract_timestamp(c.ids[${inChunk}]), c.ids, f.before, f.two, f.two, f.zero, f.two, f.two, f.zero
     from (
       select k, ${tenantOf('k')} as tenant,
         array_agg(uuidv7(make_interval(secs => -(${chunks} - k) * ${(days * 86_400) / chunks}::float8
           - 0.005 * (${inChunk} - i))) order by i) as ids
       from generate_series(1, ${chunks}) k cross join generate_series(1, ${inChunk}) i group by k) c
     cross join (
       select array(select 5 * (${inChunk} - i) from generate_series(1, ${inChunk}) i) as before,
         array_fill(2, array[${inChunk}]) as two, array_fill(0, array[${inChunk}]) as zero) f`,
  );
  await owner.query('vacuum analyze');
  const one = async (sql) => Object.values((await owner.query(sql)).rows[0])[0];
  const first = uuid(1, 1);
  const oneOf = (column, table, order) =>
    one(
      `select ${column} from ${table} where tenant_id = ${first} order by ${order}
       offset (select count(*) / 2 from ${table} where tenant_id = ${first}) limit 1`,
    );
  return {
    tenant: await one(`select ${first}`),
    plugin: await one(`select ${uuid(2, 1)}`),
    run: await oneOf('id', 'runs', 'id'),
    call: await oneOf('ids[70]', 'run_chunks', 'last_id'),
    middle: await oneOf('last_id', 'run_chunks', 'last_id'),
  };
}

/**
 * Copies a plugin of the tenant `demo` into each of the tenants that `fill` made: its rows of every table that knows
 * installations, with ids of their own. Schedules are due at any moment of the next day.
 *
 * @param {import('pg').Client} owner
 */
export async function copyPlugin(owner, { slug, tenants }) {
  const { rows: own } = await owner.query(
    `select i.tenant_id, i.id, i.release_id from installations i join tenants t on t.id = i.tenant_id
     where t.slug = 'demo' and i.slug = $1`,
    [slug],
  );
  const [{ tenant_id: tenant, id, release_id: release }] = own;
  const { rows: columns } = await owner.query(
    `select c.table_name as "table", array_agg(c.column_name::text order by c.ordinal_position) as names,
       array_agg(c.data_type::text order by c.ordinal_position) as types
     from information_schema.columns c
     join information_schema.tables t on t.table_name = c.table_name and t.table_schema = c.table_schema
     where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
       and c.is_identity = 'NO' and c.is_generated = 'NEVER'
     group by c.table_name`,
  );
  await owner.query(`set session_replication_role = replica`);
  try {
    for (const { table, names, types } of columns) {
      const by = conditionOf(table, names);
      if (by === undefined || !names.includes('tenant_id')) continue;
      const values = names.map((name, at) => {
        if (name === 'tenant_id') return uuid(1, 'n');
        if (table === 'schedules' && name === 'next_at') return `now() + random() * interval '1 day'`;
        return types[at] === 'uuid' ? `md5(s.${name}::text || n)::uuid` : `s.${name}`;
      });
      const list = names.map((name) => `"${name}"`).join(', ');
      await owner.query(
        `insert into ${table} (${list}) select ${values.join(', ')} from ${table} s, generate_series(1, ${tenants}) n
         where s.tenant_id = $1 and ${by} on conflict do nothing`,
        by.includes('$3') ? [tenant, id, release] : [tenant, id],
      );
    }
  } finally {
    await owner.query(`set session_replication_role = origin`);
  }
}

/** Which rows of a table belong to one plugin; `undefined`: none, or what has happened since it was installed. */
function conditionOf(table, names) {
  if (/^(runs|run_|failed_runs|attempts|events|usage|audit|kv|idempotency|deliver|spend|outbox)/.test(table))
    return undefined;
  if (table === 'installations') return 's.id = $2';
  if (names.includes('installation_id')) return 's.installation_id = $2';
  if (names.includes('release_id')) return '$2::uuid is not null and s.release_id = $3';
  if (table === 'blobs') return '$2::uuid is not null';
  return undefined;
}

/** Events as tenants send them, over the same days. */
export async function fillEvents(owner, { events, tenants }) {
  await owner.query(
    `insert into events (tenant_id, id, type, source, data, time, created_at)
     select ${uuid(1, `(case when n % 5 < 2 then 1 else 1 + n % ${tenants} end)`)}, 'evt_' || lpad(n::text, 12, '0'),
       (array['order.placed', 'order.paid', 'user.joined', 'stock.low'])[1 + n % 4], '/shop',
       '{"order":{"id":4711,"total":"12.50"}}', now() - (${events} - n) * interval '${(days * 86_400) / events} s',
       now() - (${events} - n) * interval '${(days * 86_400) / events} s'
     from generate_series(1, ${events}) n`,
  );
}

/** Log lines of runs, over the same days. */
export async function fillLogs(owner, { lines, tenants }) {
  const tenant = `(case when n % 5 < 2 then 1 else 1 + n % ${tenants} end)`;
  await owner.query(
    `insert into run_logs (tenant_id, run_id, installation_id, plugin, time, level, message)
     select ${uuid(1, tenant)}, md5(n::text)::uuid, ${uuid(2, tenant)}, 'p',
       now() - (${lines} - n) * interval '${(days * 86_400) / lines} s', 'info', 'order 4711 was sent to the warehouse'
     from generate_series(1, ${lines}) n`,
  );
}
