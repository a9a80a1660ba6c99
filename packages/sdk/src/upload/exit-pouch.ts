import { isTurntapeError } from '../core/errors.ts';
import type { Outbox, OutboxChoice, OutboxEntry, OutboxItem } from '../upload-contract/outbox.ts';
import type { UploadTarget } from '../upload-contract/target.ts';
import { mediaType } from './media-type.ts';

/** What the bodies of requests that outlive their page may have together: https://fetch.spec.whatwg.org/#http-network-or-cache-fetch */
export const KEEPALIVE_BYTES = 64 * 1024;

/** With a larger backlog than this the last few items are no help: the next start sends them all. */
const MOST_ITEMS = 20;

interface Packed {
  readonly item: OutboxItem;
  readonly audio: Blob | undefined;
}

export interface ExitPouchOptions {
  readonly outbox: Pick<Outbox, 'item' | 'audio' | 'mayLeave'>;
  readonly target: UploadTarget;
  /** What may be sent, in order; undefined: more than `most`. */
  readonly sendable: (most: number) => readonly OutboxEntry[] | undefined;
  readonly onError: (thrown: unknown) => void;
}

/**
 * What is sent when the page is left. There is no time then to read anything, so the oldest of what waits, as much of it as
 * such requests may carry, is held in memory. It stays in the outbox: a receipt that nobody reads proves nothing.
 */
export class ExitPouch {
  readonly #options: ExitPouchOptions;
  readonly #packed = new Map<number, Packed>();
  #isPacking = false;
  #isStale = false;
  /** How often something was dropped: what was read before that may be gone. */
  #drops = 0;

  constructor(options: ExitPouchOptions) {
    this.#options = options;
  }

  /** What waits has changed. */
  changed(): void {
    if (!this.#options.target.sendAtExit) return;
    this.#isStale = true;
    if (!this.#isPacking) void this.#pack();
  }

  /** It was erased or cancelled: it does not leave any more, whatever was read of it. */
  drop({ sessionId, seq }: OutboxChoice): void {
    this.#drops += 1;
    for (const [each, { item }] of this.#packed)
      if ((sessionId ?? item.sessionId) === item.sessionId && (seq ?? each) === each) this.#packed.delete(each);
    this.changed();
  }

  /** The page is being left: sends what it holds, the oldest first. One that does not fit is left out. */
  send(): void {
    const { target } = this.#options;
    let bytesLeft = KEEPALIVE_BYTES;
    for (const [, { item, audio }] of [...this.#packed].toSorted(([one], [other]) => one - other))
      bytesLeft -= target.sendAtExit?.(item.payload, audio, { bytesLeft }) ?? 0;
  }

  async #pack(): Promise<void> {
    this.#isPacking = true;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        await this.#packAnew();
      }
    } catch (thrown) {
      this.#options.onError(thrown);
    } finally {
      this.#isPacking = false;
    }
  }

  async #packAnew(): Promise<void> {
    const { outbox, sendable } = this.#options;
    const entries = fitting(sendable(MOST_ITEMS) ?? []);
    const wanted = new Set(entries.map(({ seq }) => seq));
    for (const seq of this.#packed.keys()) if (!wanted.has(seq)) this.#packed.delete(seq);
    for (const { seq } of entries) {
      if (this.#packed.has(seq)) continue;
      const drops = this.#drops;
      const item = await outbox.item(seq);
      // Before its file is read: whoever puts another in its place gives that another id from here on, and this one is gone.
      const packed = item && (await outbox.mayLeave(item)) ? await packedItem(outbox, item) : undefined;
      if (packed && drops === this.#drops) this.#packed.set(seq, packed);
    }
  }
}

/** The oldest, as many as fit by the size of their files. What an erasure asks for is not for a page that goes. */
function fitting(entries: readonly OutboxEntry[]): OutboxEntry[] {
  let bytesLeft = KEEPALIVE_BYTES;
  return entries.filter(({ kind, byteSize }) => {
    if (kind === 'erasure' || byteSize > bytesLeft) return false;
    bytesLeft -= byteSize;
    return true;
  });
}

async function packedItem(outbox: Pick<Outbox, 'audio'>, item: OutboxItem): Promise<Packed | undefined> {
  if (item.unreadable) return undefined;
  if (item.payload.kind !== 'segment') return { item, audio: undefined };
  const { segment } = item.payload;
  const bytes = await readable(outbox.audio(segment.segment_id));
  // Its file is not here, or nobody can read it: the uploader says so.
  if (!bytes && segment.byte_size > 0) return undefined;
  return { item, audio: bytes && new Blob([bytes], { type: mediaType(segment).type }) };
}

async function readable(file: Promise<ArrayBuffer | undefined>): Promise<ArrayBuffer | undefined> {
  try {
    return await file;
  } catch (thrown) {
    if (!isTurntapeError(thrown) || thrown.code !== 'undecryptable') throw thrown;
    return undefined;
  }
}
