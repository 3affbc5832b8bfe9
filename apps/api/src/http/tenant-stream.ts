/** Streams of one tenant's things: bounded, and open only as long as their caller may read them. */
import type { Access, Caller } from '@annex/access';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { InFlight } from '../ext/in-flight.js';
import { bearerOf, single } from './authentication.js';
import { streamEvents, type EventStream } from './sse.js';

/** A stream that a caller asked for. */
export interface AskedStream {
  caller: Caller;
  request: FastifyRequest;
  reply: FastifyReply;
}

export class TenantStreams {
  readonly #open: InFlight;

  /** @param max of one tenant at once, in this process. @param what they are, for people */
  constructor(private readonly options: { access: Access; closing: AbortSignal; max: number; what: string }) {
    this.#open = new InFlight(options.max, options.what);
  }

  /**
   * Streams until the caller leaves, may read no more, or the server closes. `start` gets the id of the last event that
   * the reader has. Throws `RATE_LIMITED`.
   */
  async open(
    { caller, request, reply }: AskedStream,
    start: (lastId: string | undefined, ...parts: Parameters<EventStream['start']>) => Promise<() => void>,
  ): Promise<void> {
    const { access, closing } = this.options;
    const leave = this.#open.enter(caller.tenant.id);
    const lastId = single(request.headers['last-event-id']);
    try {
      await streamEvents({
        request,
        reply,
        closing,
        start: (...parts) => start(lastId, ...parts),
        admit: async () => {
          const principal = await access.authenticate(bearerOf(request));
          await access.resolveTenant(principal, { slugHeader: caller.tenant.slug }, request.id);
        },
      });
    } finally {
      leave();
    }
  }
}
