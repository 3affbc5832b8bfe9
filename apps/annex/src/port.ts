import { createServer } from 'node:net';

/** Rejects with `EADDRINUSE` or `EACCES` when the address cannot be listened on: better known before PostgreSQL is started than after. */
export function portIsFree(port: number, host: string): Promise<void> {
  return new Promise((free, taken) => {
    const server = createServer().once('error', taken);
    server.listen(port, host, () => server.close(() => free()));
  });
}
