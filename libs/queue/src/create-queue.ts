import { messageOf } from '@annex/kernel';
import type { ConsumeOptions, Consumer, Permit, PermitHandler, Queue, QueueOptions } from './queue.js';
import { backendOf, type Backend, type PermitQueue } from './backends.js';
import { Reopening } from './reopening.js';

/** One BullMQ job a permit; BullMQ never tries one again, because PostgreSQL knows what is due. */
const jobName = 'permit';

/** How long a call may take. */
const answerMs = 5000;

/**
 * With BullMQ's defaults a job whose worker was killed twice is thrown away, and a dead worker is noticed after a
 * minute.
 * `lockDuration` + `stalledInterval` is how long a permit of a dead process waits.
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
  const { name = 'permits' } = options;
  if (!/^[a-z0-9_-]{1,40}$/.test(name)) throw new RangeError(`not a queue name: ${name}`);
  return new BullPermitQueue(options, name, backendOf(options));
}

class BullPermitQueue implements Queue {
  readonly backend: Queue['backend'];
  readonly #opened: Reopening<PermitQueue>;
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

  get #queue(): PermitQueue {
    return this.#opened.current;
  }

  async add(permits: readonly Permit[]): Promise<void> {
    if (permits.length === 0) return;
    const { removeOnComplete, removeOnFail } = workerOptions;
    await this.#inTime(
      this.#queue.addBulk(
        permits.map(({ id }) => ({ name: jobName, data: {}, opts: { jobId: id, removeOnComplete, removeOnFail } })),
      ),
    );
  }

  consume(handler: PermitHandler, { concurrency, onLockLost }: ConsumeOptions): Consumer {
    const { logger } = this.options;
    const tell = nowAndThen((error, times) =>
      logger.warn(
        { reason: messageOf(error), backend: this.backend, times },
        'the queue’s consumer failed; it goes on',
      ),
    );
    const opened = new Reopening(() => {
      const worker = this.connect.worker(
        this.name,
        async (job) => {
          try {
            await handler({ id: job.id ?? '' });
          } catch (thrown) {
            logger.error({ err: thrown, permit: job.id }, 'a permit’s handler threw');
          }
          return null;
        },
        { ...workerOptions, concurrency },
      );
      worker.on('error', tell);
      if (onLockLost) worker.on('lockRenewalFailed', onLockLost);
      return worker;
    });
    let stopping: Promise<void> | undefined;
    return {
      ready: () => opened.ready(),
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
