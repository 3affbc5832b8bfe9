/**
 * The thread that judges settings for {@link judgeConfig}. Both schema and value are strangers' input: here they hold
 * up nobody but themselves.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Json, JsonObject, ThreadReady } from '@annex/kernel';
import { applyConfig } from './config-schema.js';

/** What the program asks. The answer is a `ConfigReading`. */
export interface JudgeRequest {
  schema: JsonObject;
  value: Json;
}

if ((workerData as { judges?: boolean } | null)?.judges === true) {
  parentPort?.on('message', ({ schema, value }: JudgeRequest) => parentPort?.postMessage(applyConfig(schema, value)));
  parentPort?.postMessage('ready' satisfies ThreadReady);
}
