/**
 * `MessageChannel` for code that is written for workers, such as react-dom/server: two ports of one realm. What a port
 * is given arrives at the other as a copy, in a later turn.
 */
type Listener = ((event: Event) => void) | null;

class MessagePort extends EventTarget {
  #other: MessagePort | undefined;
  #waiting: unknown[] | undefined = [];
  #onmessage: Listener = null;

  static join(one: MessagePort, other: MessagePort): void {
    one.#other = other;
    other.#other = one;
  }

  get onmessage(): Listener {
    return this.#onmessage;
  }

  set onmessage(listener: Listener) {
    if (this.#onmessage) this.removeEventListener('message', this.#onmessage);
    this.#onmessage = listener;
    if (listener === null) return;
    this.addEventListener('message', listener);
    this.start();
  }

  postMessage(value: unknown): void {
    const copy: unknown = structuredClone(value);
    const other = this.#other;
    if (other) other.#take(copy);
  }

  /** Hands out what came before anybody listened. */
  start(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const data of waiting) this.#deliver(data);
  }

  close(): void {
    if (this.#other) this.#other.#other = undefined;
    this.#other = undefined;
  }

  #take(data: unknown): void {
    if (this.#waiting) this.#waiting.push(data);
    else this.#deliver(data);
  }

  #deliver(data: unknown): void {
    setTimeout(() => this.dispatchEvent(Object.assign(new Event('message'), { data })), 0);
  }
}

class MessageChannel {
  readonly port1 = new MessagePort();
  readonly port2 = new MessagePort();

  constructor() {
    MessagePort.join(this.port1, this.port2);
  }
}

export default { MessageChannel };
