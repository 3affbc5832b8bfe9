import { createServer } from 'node:net';
import { messageOf } from '@annex/kernel';
import { StartRefused } from './start-refused.js';

/**
 * Rejects with {@link StartRefused} when the address cannot be listened on: better known before PostgreSQL is started
 * than after.
 */
export async function requireFreePort(port: number, host: string): Promise<void> {
  try {
    await new Promise<void>((free, taken) => {
      const server = createServer().once('error', taken);
      server.listen(port, host, () => server.close(() => free()));
    });
  } catch (thrown) {
    throw new StartRefused(portProblem(thrown, port, host) ?? messageOf(thrown), { cause: thrown });
  }
}

/** What an error of `listen` means for the settings; `undefined` for another error. */
function portProblem(thrown: unknown, port: number, host: string): string | undefined {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return `PORT: ${port} on ${host} is in use. Stop what listens there, or set PORT (0 takes a free one).`;
    case 'EACCES':
      return `PORT: ${port} may not be used by this user. Choose one above 1023, or grant the right.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `HOST: ${host} is not an address of this machine. Leave it out, or use 0.0.0.0 for all of them.`;
    default:
      return undefined;
  }
}
