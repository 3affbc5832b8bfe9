/** Asks an origin whether it would let a source in, before the source is resumed or while it fails. */
import { messageOf } from '@annex/kernel';
import { sourceLimits } from '@annex/limits';
import type { Connector } from '@annex/connectors';
import type { ConnectionSettings } from './connections.js';
import type { HeldSource } from './sql/leases.js';

export interface CheckParts {
  loadConnector: (type: string) => Promise<Connector | undefined>;
  prepare: (source: HeldSource) => Promise<ConnectionSettings>;
}

/** Why it would not, with what is secret hidden; `null`: it would. It has {@link sourceLimits.receiveMs}. */
export async function checkConnection(
  source: HeldSource,
  { loadConnector, prepare }: CheckParts,
): Promise<{ code: string; message: string } | null> {
  const signal = AbortSignal.timeout(sourceLimits.receiveMs);
  let mask = (text: string): string => text;
  try {
    const settings = await prepare(source);
    ({ mask } = settings);
    const connector = await loadConnector(source.type);
    await connector?.check({
      name: source.id,
      with: settings.with,
      dial: (to) => settings.dial(to, signal),
      signal,
      warn: () => undefined,
    });
    return null;
  } catch (thrown) {
    const message = signal.aborted ? `No answer within ${sourceLimits.receiveMs / 1000} s.` : mask(messageOf(thrown));
    return { code: 'SOURCE_BROKE', message: message.slice(0, 1000) };
  }
}
