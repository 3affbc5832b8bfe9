/**
 * Makes one round trip of what many ask for at the same moment. Nothing is held up for it: while a place is free a
 * request goes at once, alone, and what comes while every place is taken goes together with the next.
 */
export interface BatcherOptions<In, Out> {
  /** Does the work of several; answers in the same order. */
  work: (items: In[]) => Promise<Out[]>;
  /** Batches under way at once. */
  atOnce: number;
  /** Most items of one batch. */
  maxItems: number;
}

interface Waiting<In, Out> {
  item: In;
  resolve: (value: Out) => void;
  reject: (thrown: unknown) => void;
}

export class Batcher<In, Out> {
  #waiting: Waiting<In, Out>[] = [];
  #underWay = 0;

  constructor(private readonly options: BatcherOptions<In, Out>) {}

  /** What `work` answers for this item. When a batch fails, each of its items is tried alone: none pays for another. */
  do(item: In): Promise<Out> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#go();
    });
  }

  #go(): void {
    while (this.#waiting.length > 0 && this.#underWay < this.options.atOnce) {
      const batch = this.#waiting.splice(0, this.options.maxItems);
      this.#underWay += 1;
      void this.#run(batch).finally(() => {
        this.#underWay -= 1;
        this.#go();
      });
    }
  }

  async #run(batch: readonly Waiting<In, Out>[]): Promise<void> {
    try {
      const values = await this.options.work(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, index) => resolve(values[index] as Out));
    } catch (thrown) {
      if (batch.length === 1) batch[0]?.reject(thrown);
      else for (const one of batch) await this.#run([one]);
    }
  }
}
