import type { Socket } from 'node:net';
import { AnnexError, newId } from '@annex/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemBody, type Problems } from './problem.js';

/**
 * What is so wrong with a request that no route sees it, and how the server answers: with a problem, as everywhere
 * else.
 */
const protocolFaults: Record<string, { status: number; title: string; detail: string }> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    title: 'The request took too long',
    detail: 'The request did not arrive in time. Send it in one go.',
  },
  HPE_HEADER_OVERFLOW: {
    status: 431,
    title: 'The headers are too large',
    detail: 'The headers of the request are larger than the server takes.',
  },
};
const malformed = { status: 400, title: 'Bad request', detail: 'What arrived is not an HTTP/1.1 request.' };

/** Fastify's two ways of refusing what it cannot route, both as `application/problem+json`. */
export function protocolErrors(problems: Problems): {
  frameworkErrors(thrown: Error, request: FastifyRequest, reply: FastifyReply): void;
  clientErrorHandler(thrown: Error & { code?: string }, socket: Socket): void;
} {
  return {
    frameworkErrors: (thrown, request, reply) => problems.send(thrown, request, reply),
    clientErrorHandler(thrown, socket) {
      if (thrown.code === 'ECONNRESET' || socket.destroyed) return;
      if (!socket.writable) return void socket.destroy(thrown);
      const { status, title, detail } = protocolFaults[thrown.code ?? ''] ?? malformed;
      const requestId = newId('request');
      const body = JSON.stringify(
        problemBody(new AnnexError('BAD_REQUEST', { title, status, fault: 'caller' }, detail), requestId),
      );
      const head = [
        `HTTP/1.1 ${status} ${title}`,
        'content-type: application/problem+json',
        `x-request-id: ${requestId}`,
        `content-length: ${Buffer.byteLength(body)}`,
        'connection: close',
      ];
      socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
    },
  };
}
