import { jsonBytes, type Json } from '@annex/kernel';
import { maxPayloadBytes } from '@annex/limits';
import { outcomeErrors } from './outcomes.js';

/** Throws `PAYLOAD_TOO_LARGE` for a payload that no run takes. */
export function checkPayload(payload: Json | undefined): void {
  if (payload === undefined) return;
  const bytes = jsonBytes(payload);
  if (bytes <= maxPayloadBytes) return;
  throw outcomeErrors.error(
    'PAYLOAD_TOO_LARGE',
    `The payload is ${bytes} bytes of JSON; at most ${maxPayloadBytes} are taken. Store it and pass its key.`,
    { extra: { limit: maxPayloadBytes } },
  );
}
