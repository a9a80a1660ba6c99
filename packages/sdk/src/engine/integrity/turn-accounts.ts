import type { TrackedTurn, TrackerNews } from '../../core/turn-tracker.ts';

/** Turns whose words may still come; older ones are forgotten. */
const MAX_TURNS = 256;

/** What is known of a turn of the bot. Positions are session frames. */
export interface TurnAccount {
  readonly turnId: string;
  /** `to` is undefined while it is open. Several: it went on after its end. */
  readonly spans: { from: number; to: number | undefined }[];
  utteranceIds: readonly string[];
  /** It was cut, or the session ended under it. */
  isCut: boolean;
  /** The app marked it. */
  readonly isMarked: boolean;
  isTold: boolean;
  /** The frame of the bot's track at which it is judged. */
  due: number;
}

/** The turns of the bot, and where the user's began. */
export class TurnAccounts {
  readonly #accounts = new Map<string, TurnAccount>();
  readonly #marked = new Set<string>();
  readonly #userStarts: number[] = [];

  get all(): Iterable<TurnAccount> {
    return this.#accounts.values();
  }

  /** The app will mark the beginning of this turn. */
  marked(turnId: string): void {
    this.#marked.add(turnId);
  }

  /** Gives the turns that have begun or ended. */
  take(news: readonly TrackerNews[]): TurnAccount[] {
    const changed: TurnAccount[] = [];
    for (const item of news) {
      if (item.type !== 'turn-start' && item.type !== 'turn-end') continue;
      const { turn } = item;
      if (turn.speaker === 'bot') changed.push(item.type === 'turn-start' ? this.#opened(turn) : this.#closed(turn));
      else if (item.type === 'turn-start') this.#userStarted(turn.start);
    }
    return changed;
  }

  find(turnId: string | null, isBound: (turnId: string) => boolean = () => false): TurnAccount | undefined {
    const known = turnId === null ? undefined : this.#accounts.get(turnId);
    return known ?? [...this.#accounts.values()].find((account) => isBound(account.turnId));
  }

  /** Where the user's next turn after this frame began; `Infinity`: there is none. */
  answered(frame: number): number {
    return this.#userStarts.find((start) => start > frame) ?? Infinity;
  }

  #opened({ turnId, start, utteranceIds }: TrackedTurn): TurnAccount {
    const account = this.#account(turnId);
    account.spans.push({ from: start, to: undefined });
    account.utteranceIds = [...account.utteranceIds, ...utteranceIds];
    return account;
  }

  #closed({ turnId, start, end, utteranceIds, interrupted, endReason }: TrackedTurn): TurnAccount {
    const account = this.#account(turnId);
    // One that was begun under an engine that died has no span here yet.
    const span = account.spans.at(-1) ?? { from: start, to: undefined };
    if (account.spans.length === 0) account.spans.push(span);
    span.to = end;
    account.utteranceIds = [...new Set([...account.utteranceIds, ...utteranceIds])];
    account.isCut ||= interrupted || endReason === 'session_stop' || endReason === 'page_exit';
    return account;
  }

  #account(turnId: string): TurnAccount {
    const known = this.#accounts.get(turnId);
    if (known) return known;
    const isMarked = this.#marked.delete(turnId);
    const account = { turnId, spans: [], utteranceIds: [], isCut: false, isMarked, isTold: false, due: Infinity };
    this.#accounts.set(turnId, account);
    const [oldest] = this.#accounts.keys();
    if (this.#accounts.size > MAX_TURNS && oldest !== undefined) this.#accounts.delete(oldest);
    return account;
  }

  #userStarted(start: number): void {
    this.#userStarts.push(start);
    if (this.#userStarts.length > MAX_TURNS) this.#userStarts.shift();
  }
}
