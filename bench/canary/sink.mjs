// A server that answers as a hostile one does, by path.
import { createServer } from 'node:net';
import { getPriority, setPriority } from 'node:os';

setPriority(getPriority() + 10);

/** Writes `text` as long as the other side takes it. */
function pour(socket, text) {
  const more = () => {
    while (!socket.destroyed && socket.write(text));
  };
  socket.on('drain', more);
  more();
}

const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n';
const answers = {
  '/one-byte-chunks': (socket) => {
    socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
    pour(socket, '1\r\nx\r\n'.repeat(10_000));
  },
  '/endless-103': (socket) =>
    pour(socket, 'HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n'.repeat(1000)),
  '/chunk-extensions': (socket) => {
    socket.write(`${head}transfer-encoding: chunked\r\n\r\n1`);
    pour(socket, `;a=${'b'.repeat(1000)}`);
  },
  '/one-byte-a-second': (socket) => {
    socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
    const timer = setInterval(() => socket.write('1\r\nx\r\n'), 1000);
    socket.on('close', () => clearInterval(timer));
  },
  '/one-byte-writes': (socket) => {
    socket.setNoDelay(true);
    socket.write(`${head}content-length: 9000000\r\n\r\n`);
    const more = () => {
      if (socket.destroyed) return;
      for (let count = 0; count < 200; count += 1) socket.write('x');
      setImmediate(more);
    };
    more();
  },
  '/takes-all': (socket) => socket.end(`${head}content-length: 2\r\nconnection: close\r\n\r\nok`),
};

const server = createServer((socket) => {
  let said = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    if (said === 'answered') return;
    said += chunk.toString('latin1');
    const path = /^\w+ (\S+)/.exec(said)?.[1];
    if (path === undefined || !said.includes('\r\n\r\n')) return;
    said = 'answered';
    (answers[path] ?? answers['/takes-all'])(socket);
  });
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit());
