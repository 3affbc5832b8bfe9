/** TLS over a socket that leads to a vetted address. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';

export interface Certificates {
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
}

/** Waits until it is secured; the signal ends it. Throws why the other side is not believed. */
export async function secure(
  socket: Duplex,
  { host, signal, ...given }: Certificates & { host: string; signal: AbortSignal; servername?: string | undefined },
): Promise<TLSSocket> {
  const options: ConnectionOptions = { host, rejectUnauthorized: true };
  for (const [key, value] of Object.entries(given)) if (value !== undefined) Object.assign(options, { [key]: value });
  if (options.servername === undefined && isName(host)) options.servername = host;
  const secured = connect({ ...options, socket: socket as Socket });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const giveUp = (): void => reject(signal.reason);
  secured.once('secureConnect', resolve).once('error', reject);
  secured.once('close', () => reject(new Error('The server ended the connection before it was secured.')));
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    await promise;
  } catch (thrown) {
    secured.on('error', () => undefined);
    secured.destroy();
    throw thrown;
  } finally {
    signal.removeEventListener('abort', giveUp);
    secured.off('error', reject);
  }
  return secured;
}

/** A certificate's name is compared with a host's name; an address has none. */
function isName(host: string): boolean {
  return /[a-z]/i.test(host) && !host.includes(':');
}
