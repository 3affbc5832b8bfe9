import { messageOf } from '@annex/kernel';
import type { ConsumeOptions, Consumer, Queue, QueueOptions, RunTicket, TicketHandler } from './queue.js';
import { backendOf, type Backend, type TicketQueue } from './backends.js';
import { Reopening } from './reopening.js';

/** One BullMQ job a ticket; it is never tried again by BullMQ, because PostgreSQL decides what is tried when. */
const jobName = 'run';

/** How long a call may take. */
const answerMs = 5000;

/**
 * With BullMQ's defaults a job whose worker was killed twice is thrown away, and a dead worker is noticed after a
 * minute.
 * `lockDuration` + `stalledInterval` is how long a ticket of a dead process waits.
 */
const workerOptions = {
  lockDuration: 10_000,
  stalledInterval: 5_000,
  maxStalledCount: 1000,
  maxStartedAttempts: 1000,
  drainDelay: 5,
  runRetryDelay: 1000,
  removeOnComplete: { age: 60, count: 200 },
  removeOnFail: { age: 3600, count: 1000 },
};

/** Opens the queue. Connects in the background: a backend that is away makes calls fail, not this one. */
export function createQueue(options: QueueOptions): Queue {
  const { name = 'runs' } = options;
  if (!/^[a-z0-9_-]{1,40}$/.test(name)) throw new RangeError(`not a queue name: ${name}`);
  return new BullRunQueue(options, name, backendOf(options));
}

class BullRunQueue implements Queue {
  readonly backend: Queue['backend'];
  readonly #opened: Reopening<TicketQueue>;
  #closing: Promise<void> | undefined;

  constructor(
    private readonly options: QueueOptions,
    private readonly name: string,
    private readonly connect: Backend,
  ) {
    this.backend = options.backend;
    const tell = nowAndThen((error, times) =>
      options.logger.warn(
        { reason: messageOf(error), backend: this.backend, times },
        'the queue has no backend; it tries again',
      ),
    );
    this.#opened = new Reopening(() => {
      const queue = connect.queue(name, {
        streams: { events: { maxLen: 100 } },
        defaultJobOptions: { attempts: 1, stackTraceLimit: 1 },
      });
      queue.on('error', tell);
      return queue;
    });
  }

  get #queue(): TicketQueue {
    return this.#opened.current;
  }

  async add(tickets: readonly RunTicket[]): Promise<void> {
    if (tickets.length === 0) return;
    await this.#inTime(
      this.#queue.addBulk(
        tickets.map(({ id, ...data }) => ({
          name: jobName,
          data,
          opts: {
            jobId: id,
            removeOnComplete: workerOptions.removeOnComplete,
            removeOnFail: workerOptions.removeOnFail,
          },
        })),
      ),
    );
  }

  async missing(ticketIds: readonly string[]): Promise<string[]> {
    const states = await this.#inTime(Promise.all(ticketIds.map((id) => this.#queue.getJobState(id))));
    return ticketIds.filter((_, index) => {
      const state = states[index];
      return state === 'completed' || state === 'failed' || state === 'unknown';
    });
  }

  consume(handler: TicketHandler, { concurrency, onLockLost }: ConsumeOptions): Consumer {
    const { logger } = this.options;
    const tell = nowAndThen((error, times) =>
      logger.warn(
        { reason: messageOf(error), backend: this.backend, times },
        'the queue’s consumer failed; it goes on',
      ),
    );
    let atOnce = concurrency;
    const opened = new Reopening(() => {
      const worker = this.connect.worker(
        this.name,
        async (job) => {
          try {
            await handler({ id: job.id ?? '', ...job.data });
          } catch (thrown) {
            logger.error({ err: thrown, ticket: job.id }, 'a ticket’s handler threw');
          }
          return null;
        },
        { ...workerOptions, concurrency: atOnce },
      );
      worker.on('error', tell);
      if (onLockLost) worker.on('lockRenewalFailed', onLockLost);
      return worker;
    });
    let stopping: Promise<void> | undefined;
    return {
      ready: () => opened.ready(),
      setConcurrency: (wanted) => {
        atOnce = wanted;
        opened.current.concurrency = wanted;
      },
      pause: () => {
        opened.openNoMore();
        return opened.current.pause(true);
      },
      stop: () => {
        stopping ??= opened.close();
        return stopping;
      },
    };
  }

  async counts(): Promise<{ waiting: number; active: number }> {
    const {
      waiting = 0,
      prioritized = 0,
      delayed = 0,
      active = 0,
    } = await this.#inTime(this.#queue.getJobCounts('waiting', 'prioritized', 'delayed', 'active'));
    return { waiting: waiting + prioritized + delayed, active };
  }

  async ping(): Promise<void> {
    await this.#inTime(this.#queue.getJobCounts('active'));
  }

  close(): Promise<void> {
    this.#closing ??= this.#inTime(this.#opened.close()).catch(() => undefined);
    return this.#closing;
  }

  /** BullMQ waits for its backend without end; nobody who calls a queue should. */
  async #inTime<T>(work: Promise<T>): Promise<T> {
    work.catch(() => undefined);
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`the queue's ${this.backend} backend did not answer within ${answerMs} ms`)),
      answerMs,
    );
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * A backend that is away fails several times a second: one line tells of it at once, further ones of all since then,
 * every ten seconds.
 */
function nowAndThen(tell: (error: Error, times: number) => void): (error: Error) => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  let times = 0;
  return (error) => {
    times += 1;
    if (performance.now() - lastMs < 10_000) return;
    tell(error, times);
    lastMs = performance.now();
    times = 0;
  };
}
