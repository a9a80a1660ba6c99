import { CREDIT_MS, type QueueFacts, REPLAY_MS, STALL_MS } from '../core/messages/credits.ts';

/** A message with the frames of audio it holds; 0 for one that only tells something. */
interface Item<Message> {
  message: Message;
  frames: number;
}

export interface BlockQueueOptions<Message> {
  /** Of the context, in Hz. */
  sampleRate: number;
  /** Copies: the queue keeps the message until the engine can need it no more. */
  send: (message: Message) => void;
  /** A block is let go: what it tells beside its audio goes with the next one. */
  carry?: (lost: Message, next: Message) => void;
}

/**
 * The way of a worklet's messages to the engine, in order. So much is on its way without an answer; the rest waits, and
 * when too much waits the oldest audio is let go. The newest is kept because it is what the engine has to decide about
 * when it comes back: who speaks now, and from where on. Messages without audio are never let go.
 */
export class BlockQueue<Message extends QueueFacts> {
  readonly #options: BlockQueueOptions<Message>;
  readonly #creditFrames: number;
  readonly #stallFrames: number;
  readonly #replayFrames: number;
  /** Sent to the engine; the oldest of them have been taken, and are kept for another engine. */
  #sent: Item<Message>[] = [];
  #taken = 0;
  /** Frames among `sent`: taken, and on their way. */
  #takenFrames = 0;
  #pendingFrames = 0;
  #waiting: Item<Message>[] = [];
  #waitingFrames = 0;
  /** As the engine counts: since its port was connected. */
  #consumed = 0;

  constructor(options: BlockQueueOptions<Message>) {
    this.#options = options;
    const frames = (milliseconds: number): number => Math.round((milliseconds / 1000) * options.sampleRate);
    this.#creditFrames = frames(CREDIT_MS);
    this.#stallFrames = frames(STALL_MS);
    this.#replayFrames = frames(REPLAY_MS);
  }

  push(message: Message, frames = 0): void {
    this.#waiting.push({ message, frames });
    this.#waitingFrames += frames;
    this.#flow();
    while (this.#waitingFrames > this.#stallFrames) this.#letGo();
  }

  /** The engine has taken so many frames since its port was connected. */
  consumed(frames: number): void {
    let newly = frames - this.#consumed;
    this.#consumed = frames;
    for (let next = this.#sent[this.#taken]; next && next.frames <= newly; next = this.#sent[this.#taken]) {
      newly -= next.frames;
      this.#taken += 1;
      this.#takenFrames += next.frames;
      this.#pendingFrames -= next.frames;
    }
    // Blocks are taken whole.
    this.#consumed -= newly;
    this.#forget();
    this.#flow();
  }

  /** Another engine is at the other end: it hears again what the one before may have lost. */
  reconnected(): void {
    this.#waiting = [...this.#sent, ...this.#waiting];
    this.#waitingFrames += this.#takenFrames + this.#pendingFrames;
    this.#sent = [];
    this.#taken = 0;
    this.#takenFrames = 0;
    this.#pendingFrames = 0;
    this.#consumed = 0;
    while (this.#waitingFrames > this.#stallFrames) this.#letGo();
    this.#flow();
  }

  #flow(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (next.frames > 0 && this.#pendingFrames + next.frames > this.#creditFrames) return;
      this.#waiting.shift();
      this.#waitingFrames -= next.frames;
      this.#pendingFrames += next.frames;
      this.#sent.push(next);
      if (next.frames > 0) next.message.waitingFrames = this.#waitingFrames;
      this.#options.send(next.message);
    }
  }

  #forget(): void {
    let oldest = this.#sent[0];
    while (oldest && this.#taken > 0 && this.#takenFrames - oldest.frames >= this.#replayFrames) {
      this.#sent.shift();
      this.#taken -= 1;
      this.#takenFrames -= oldest.frames;
      oldest = this.#sent[0];
    }
  }

  /** The oldest audio that waits. There is always a block behind it: more waits than one block holds. */
  #letGo(): void {
    const at = this.#waiting.findIndex((item) => item.frames > 0);
    const [lost] = this.#waiting.splice(at, 1);
    const next = this.#waiting.find((item) => item.frames > 0);
    if (!lost || !next) return;
    this.#waitingFrames -= lost.frames;
    next.message.lostFrames = (next.message.lostFrames ?? 0) + (lost.message.lostFrames ?? 0) + lost.frames;
    this.#options.carry?.(lost.message, next.message);
  }
}
