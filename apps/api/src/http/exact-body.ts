import { inexactNumbers, type InputFault } from '@annex/kernel';
import { apiErrors } from './errors.js';

/** Faults that are told; a body may hold many more. */
const MAX_TOLD = 20;

/**
 * Refuses a JSON text with numbers that would be kept as other numbers, each by its place. `text` was parsed already.
 * Throws `INVALID_INPUT`.
 * `prefix`: where the text stood, if it was no body; a pointer.
 * Senders of webhooks cannot be told to change; their bodies are read by `@annex/webhooks`, which keeps such numbers as
 * text.
 */
export function refuseInexactNumbers(text: string, prefix = ''): void {
  const found = inexactNumbers(text, MAX_TOLD);
  if (found.length === 0) return;
  const errors: InputFault[] = found.map(({ pointer, text: written }) => {
    const shown = written.length > 60 ? `${written.slice(0, 60)}…` : written;
    return {
      pointer: `${prefix}${pointer}`,
      code: 'NUMBER',
      detail:
        `${shown} would be kept as ${String(Number(written))}: JSON readers keep integers of 15 to 17 digits; send ` +
        'it as a string',
    };
  });
  throw apiErrors.error(
    'INVALID_INPUT',
    errors
      .map(({ pointer, detail }) => `${pointer || 'body'}: ${detail}`)
      .join('; ')
      .slice(0, 1000),
    { errors },
  );
}
