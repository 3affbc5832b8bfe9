/**
 * `Expect: 100-continue` (RFC 9110 §10.1.1): whoever asks first sends its body only when the head of its request was
 * found good.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

const waiting = new WeakMap<IncomingMessage, ServerResponse>();

/** Keeps Node from asking for every body before anybody has looked at the request. */
export function waitWithContinue(server: Server): void {
  server.on('checkContinue', (request, response) => {
    waiting.set(request, response);
    server.emit('request', request, response);
  });
}

/** Asks for a body that waits; call before the first byte is read. */
export function askForBody(request: IncomingMessage): void {
  waiting.get(request)?.writeContinue();
  waiting.delete(request);
}

/** Whether the sender still waits: then it will not send the body, and nothing else can follow on its connection. */
export function isBodyWaiting(request: IncomingMessage): boolean {
  return waiting.has(request);
}
