import { jsonBytes, type Json } from '@annex/kernel';
import { maxEventDataBytes } from '@annex/events';
import { outcomeErrors } from './outcomes.js';

/** Throws `PAYLOAD_TOO_LARGE` for a payload that no run takes. */
export function checkPayload(payload: Json | undefined): void {
  if (payload === undefined) return;
  const bytes = jsonBytes(payload);
  if (bytes <= maxEventDataBytes) return;
  throw outcomeErrors.error(
    'PAYLOAD_TOO_LARGE',
    `The payload is ${bytes} bytes of JSON; at most ${maxEventDataBytes} are taken. Store it and pass its key.`,
    { extra: { limit: maxEventDataBytes } },
  );
}
