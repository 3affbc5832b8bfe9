/**
 * Judges settings in threads, so that no schema and no value holds up the program. Tenants take turns at the threads.
 */
import { ThreadPool, type Json, type JsonObject } from '@annex/kernel';
import { slowSettings, type ConfigReading } from './config-schema.js';
import type { JudgeRequest } from './config-thread.js';

const heapMb = 128;

const pool = new ThreadPool<JudgeRequest, ConfigReading>({
  // Beside the compiled file; in tests, which run the source, as built: a thread resolves no aliases.
  file: new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/schema/config-thread.js' : './config-thread.js',
    import.meta.url,
  ),
  name: 'settings',
  workerData: { judges: true },
  resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
  // It stops by itself long before, unless the machine gives it no time.
  killMs: 10_000,
});

/**
 * As `applyConfig`, in a thread that can be ended. `tenant`: whose settings they are, which takes its turn with the
 * others.
 */
export async function judgeConfig(schema: JsonObject, value: Json, tenant: string): Promise<ConfigReading> {
  // These settings are to blame only if a new thread is lost too.
  const reading = await pool.ask({ schema, value }, { tenant, anew: true });
  if (reading === 'too long') return refused(slowSettings());
  return reading === 'lost'
    ? refused(`judging these settings needed more than ${heapMb} MiB of memory, so they were refused; shorten them.`)
    : reading;
}

function refused(detail: string): ConfigReading {
  return { ok: false, errors: [{ pointer: '', code: 'CONFIG', detail }] };
}
