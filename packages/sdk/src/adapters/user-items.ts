import type { Turn } from '../core/turn.ts';

/** The stack's detector hears the user later than we do: its own work, and the network. Half a second is more than either takes. */
const LATER_MS = 500;

/** A turn that ends so long before an item begins, or the other way round, is still taken for it: a short word may share no time with what was heard of it. */
const NEAR_MS = 500;

/** Turns and items that are remembered. What comes later than that belongs to nobody any more. */
const REMEMBERED = 64;

/** A stretch of wall time, in milliseconds since 1970; without an end it goes on. */
interface Stretch {
  from: number;
  to: number | undefined;
}

/**
 * Which of our user turns an item of the voice stack is. The two find speech each for itself, so that ids cannot say it: it is the turn that
 * shares the most time with it. Two items may be one turn of ours, when the stack's patience is shorter.
 */
export class UserItems {
  readonly #turns = new Map<string, Stretch>();
  readonly #items = new Map<string, Stretch>();
  /** Where the newest item ended: an item that was only committed began behind it. */
  #lastEnd = 0;

  /** A turn of the user began, or ended. */
  turn({ turnId, startedAt, startMs, endMs }: Turn): void {
    put(this.#turns, turnId, { from: startedAt, to: endMs === undefined ? undefined : startedAt + endMs - startMs });
  }

  /** The stack heard the user begin. */
  began(itemId: string, nowMs: number): void {
    put(this.#items, itemId, { from: nowMs - LATER_MS, to: undefined });
  }

  /** The stack heard the user end, or took what there was. */
  ended(itemId: string, nowMs: number): void {
    const { from = this.#lastEnd, to = nowMs } = this.#items.get(itemId) ?? {};
    put(this.#items, itemId, { from, to });
    this.#lastEnd = Math.max(this.#lastEnd, to);
  }

  /** The turn and the item that go on now: while both do, they are one, and the segment can be told so before it is closed. */
  get now(): { turnId: string; itemId: string } | undefined {
    const turnId = newestOpen(this.#turns);
    const itemId = newestOpen(this.#items);
    return turnId !== undefined && itemId !== undefined ? { turnId, itemId } : undefined;
  }

  /** The turn and when it began; undefined: we heard nobody then. */
  turnOf(itemId: string, nowMs: number): { turnId: string; startedAt: number } | undefined {
    const { from, to = nowMs } = this.#items.get(itemId) ?? { from: this.#lastEnd };
    let best: { turnId: string; startedAt: number } | undefined;
    let most = -NEAR_MS;
    for (const [turnId, turn] of this.#turns) {
      const shared = Math.min(to, turn.to ?? nowMs) - Math.max(from, turn.from);
      if (shared > most) {
        most = shared;
        best = { turnId, startedAt: turn.from };
      }
    }
    return best;
  }
}

function newestOpen(stretches: ReadonlyMap<string, Stretch>): string | undefined {
  const [id, stretch] = [...stretches].at(-1) ?? [];
  return stretch?.to === undefined ? id : undefined;
}

function put(stretches: Map<string, Stretch>, id: string, stretch: Stretch): void {
  stretches.set(id, stretch);
  for (const oldest of stretches.keys()) {
    if (stretches.size <= REMEMBERED) return;
    stretches.delete(oldest);
  }
}
