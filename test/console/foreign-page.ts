/** A page of somebody else, as a SaaS has, that embeds what its address names. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ForeignPage {
  /** Its origin: another site than the Annex of the tests, which answers at 127.0.0.1. */
  origin: string;
  /** The address of the page that embeds something. */
  embed(url: string): string;
  close(): Promise<void>;
}

const html = `<!doctype html>
<html lang="en">
<title>Somebody’s product</title>
<main>
<h1>Somebody’s product</h1>
<p id="said"></p>
</main>
<script>
  const frame = document.createElement('iframe');
  frame.title = 'Automations';
  frame.style = 'width: 100%; height: 700px';
  frame.src = decodeURIComponent(location.hash.slice(1));
  document.querySelector('main').append(frame);
  addEventListener('message', ({ data }) => {
    document.getElementById('said').textContent = 'The frame said: ' + data.type;
  });
</script>
</html>`;

export async function startForeignPage(): Promise<ForeignPage> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(html);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    embed: (url) => `${origin}/#${encodeURIComponent(url)}`,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}
