import type { TypedPort } from './ports.ts';
import type { WordRing } from './word-ring.ts';

/**
 * A {@link TypedPort} through shared memory: the same messages between a worklet and the engine, which never visit the
 * page on their way. (In WebKit a MessagePort of a worker does; see `docs/decisions/0013-shared-memory.md`.)
 *
 * A message is its text as JSON and the samples of its field `samples`, if it has such. A message that the ring has no
 * room for waits here, and what follows waits behind it: nothing is lost, doubled or out of order.
 */

/** Memory of one link, made by the page: a ring for each direction. */
export interface SharedLink {
  toEngine: SharedArrayBuffer;
  toWorklet: SharedArrayBuffer;
}

/** Words of a message before its text and samples: UTF-16 units of the text, and samples; {@link NO_SAMPLES} for none. */
const HEAD_WORDS = 2;
const NO_SAMPLES = 0xffff_ffff;

/** A piece of a text that `String.fromCharCode` takes as arguments. */
const TEXT_PIECE = 4096;

/** The end of a link on which somebody has to look. */
export interface PolledPort<Out, In> extends TypedPort<Out, In> {
  /** Gives the receiver what has come, and hands over what had to wait. */
  poll(): void;
}

export interface SharedEnds {
  outgoing: WordRing;
  incoming: WordRing;
  /** Something was written: wakes who reads it. */
  onSent: () => void;
  /** Something was read: who writes may have been waiting for the room. */
  onRead?: () => void;
}

/** One side of a link. */
export function sharedPort<Out extends object, In>({
  outgoing,
  incoming,
  onSent,
  onRead,
}: SharedEnds): PolledPort<Out, In> {
  const waiting: Uint32Array[] = [];
  let begun = 0;
  let receiver: ((message: In) => void) | undefined;
  const reader = new MessageReader(incoming);

  const flush = (): boolean => {
    let moved = false;
    for (let message = waiting[0]; message; message = waiting[0]) {
      const count = outgoing.write(message, begun);
      moved ||= count > 0;
      begun += count;
      if (begun < message.length) return moved;
      begun = 0;
      waiting.shift();
    }
    return moved;
  };

  return {
    send(message) {
      waiting.push(encode(message));
      flush();
      onSent();
    },
    receive(next) {
      receiver = next;
    },
    poll() {
      if (flush()) onSent();
      // What comes meanwhile is read the next time: a reader that is slower than its writer must still return.
      const readable = receiver ? incoming.readable : 0;
      for (let left = readable; left > 0;) {
        const { words, message } = reader.next();
        left -= words;
        if (message === undefined) continue;
        receiver?.(message as In);
        // Whoever received it may have closed the link.
        if (!receiver) return;
      }
      if (readable > 0) onRead?.();
    },
    close() {
      receiver = undefined;
      waiting.length = 0;
    },
  };
}

/** Puts messages together from what is there of them. */
class MessageReader {
  readonly #ring: WordRing;
  readonly #head = new Uint32Array(HEAD_WORDS);
  #body: Uint32Array | undefined;
  /** Words of the head, or of the body once there is one. */
  #filled = 0;

  constructor(ring: WordRing) {
    this.#ring = ring;
  }

  /** Reads on; `message` is undefined when only a part of it is there. */
  next(): { words: number; message?: unknown } {
    let words = 0;
    if (!this.#body) {
      words += this.#fill(this.#head);
      if (this.#filled < HEAD_WORDS) return { words };
      const [units = 0, samples = NO_SAMPLES] = this.#head;
      this.#body = new Uint32Array(textWords(units) + (samples === NO_SAMPLES ? 0 : samples));
      this.#filled = 0;
    }
    const body = this.#body;
    words += this.#fill(body);
    if (this.#filled < body.length) return { words };
    this.#body = undefined;
    this.#filled = 0;
    const [units = 0, samples = NO_SAMPLES] = this.#head;
    return { words, message: decode(body, units, samples === NO_SAMPLES ? undefined : samples) };
  }

  #fill(target: Uint32Array): number {
    const count = this.#ring.read(target, this.#filled);
    this.#filled += count;
    return count;
  }
}

/** Two UTF-16 units to a word: worklets have no TextEncoder. */
const textWords = (units: number): number => Math.ceil(units / 2);

function encode(message: object): Uint32Array {
  const { samples, ...rest } = message as { samples?: unknown };
  const pcm = samples instanceof Float32Array ? samples : undefined;
  const text = JSON.stringify(pcm ? rest : message);
  const words = new Uint32Array(HEAD_WORDS + textWords(text.length) + (pcm?.length ?? 0));
  words[0] = text.length;
  words[1] = pcm?.length ?? NO_SAMPLES;
  const units = new Uint16Array(words.buffer, HEAD_WORDS * Uint32Array.BYTES_PER_ELEMENT, text.length);
  for (let at = 0; at < text.length; at += 1) units[at] = text.charCodeAt(at);
  if (pcm) new Float32Array(words.buffer).set(pcm, HEAD_WORDS + textWords(text.length));
  return words;
}

function decode(body: Uint32Array, unitCount: number, samples: number | undefined): unknown {
  const units = new Uint16Array(body.buffer, 0, unitCount);
  let text = '';
  for (let at = 0; at < unitCount; at += TEXT_PIECE)
    text += String.fromCharCode(...units.subarray(at, at + TEXT_PIECE));
  const message = JSON.parse(text) as Record<string, unknown>;
  // A buffer of their own: whoever receives them may hand them on.
  if (samples !== undefined)
    message['samples'] = new Float32Array(
      body.buffer.slice(textWords(unitCount) * Uint32Array.BYTES_PER_ELEMENT) as ArrayBuffer,
    );
  return message;
}
