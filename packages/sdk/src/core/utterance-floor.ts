import type { Floor } from './floor.ts';
import type { TrackerFact } from './tracker-facts.ts';
import type { EndReason, InterruptionCause } from './turn.ts';

type Fact<Type extends TrackerFact['type']> = Extract<TrackerFact, { type: Type }>;

interface Utterance {
  turnId: string;
  playing: boolean;
}

/**
 * Turns of the bot by what the player plays: from the first frame of the first utterance to the last frame of the last
 * one. The hang-over is waited for on the bot's own track, and is no part of the turn.
 */
export class UtteranceFloor {
  readonly #floor: Floor;
  readonly #hangover: number;
  /** Begun and neither drained nor cut, in the order in which they were begun. */
  readonly #queue = new Map<string, Utterance>();

  constructor(floor: Floor, hangover: number) {
    this.#floor = floor;
    this.#hangover = hangover;
  }

  begun({ utteranceId, turnId }: Fact<'utterance-begun'>): void {
    if (this.#queue.has(utteranceId)) return;
    this.#queue.set(utteranceId, { turnId, playing: false });
    const turn = this.#floor.turn;
    if (turn?.owner === 'utterances' && turn.turnId === turnId) turn.utteranceIds.push(utteranceId);
  }

  started({ utteranceId, at }: Fact<'utterance-started'>): void {
    const utterance = this.#queue.get(utteranceId);
    if (!utterance || utterance.playing) return;
    utterance.playing = true;
    const { turnId } = utterance;
    this.#floor.reaches(at);
    const turn = this.#floor.turn;
    if (turn?.owner === 'marks') return;
    if (turn?.owner === 'utterances' && turn.turnId === turnId) {
      turn.quietSince = undefined;
      return;
    }
    this.#makeRoom(at);
    const utteranceIds = [...this.#queue].filter(([, each]) => each.turnId === turnId).map(([id]) => id);
    this.#floor.open({ owner: 'utterances', turnId, start: at, preRoll: 0, utteranceIds });
  }

  drained({ utteranceId, at }: Fact<'utterance-drained'>): void {
    const utterance = this.#queue.get(utteranceId);
    if (!utterance) return;
    this.#queue.delete(utteranceId);
    this.#floor.reaches(at);
    const turn = this.#floor.turn;
    if (turn?.owner !== 'utterances' || turn.turnId !== utterance.turnId || !utterance.playing) return;
    if (!this.#ofTurn(turn.turnId).some((each) => each.playing)) turn.quietSince = Math.max(turn.start, at);
  }

  /** True when a cut takes something from the open turn: words that played, or words still to come. */
  get unfinished(): boolean {
    const turnId = this.#floor.turn?.turnId;
    return turnId !== undefined && this.#ofTurn(turnId).length > 0;
  }

  /** Drops what was cut. What belongs to no turn that was ever open is told as unheard. */
  cut(utteranceIds: readonly string[], openTurnId: string | undefined, at: number, cause: InterruptionCause): void {
    const waiting = new Map<string, string[]>();
    for (const id of utteranceIds) {
      const utterance = this.#queue.get(id);
      this.#queue.delete(id);
      if (!utterance || utterance.playing) continue;
      const { turnId } = utterance;
      if (turnId !== openTurnId && turnId !== this.#floor.turn?.turnId) this.#add(waiting, turnId, id);
    }
    this.#tellUnheard(waiting, at, 'interrupted', cause);
  }

  /**
   * The bot's track goes on: a turn that has been quiet for the hang-over is over. Gives the frame up to which the turn
   * is sure to go: during the hang-over nobody knows yet whether the silence belongs to it.
   */
  advanced(to: number): number {
    const turn = this.#floor.turn;
    if (turn?.owner !== 'utterances' || turn.quietSince === undefined) return to;
    if (this.#ofTurn(turn.turnId).length > 0) return to;
    if (to >= turn.quietSince + this.#hangover) this.#end(turn.quietSince, 'drained');
    return turn.quietSince;
  }

  /** The session ends: what was all played had drained, anything else ends with the session's reason. */
  closeAt(at: number, reason: EndReason): void {
    const turn = this.#floor.turn;
    if (turn?.owner === 'utterances') this.#end(turn.quietSince ?? at, this.unfinished ? reason : 'drained');
    const waiting = new Map<string, string[]>();
    for (const [id, { turnId, playing }] of this.#queue)
      if (!playing && turnId !== turn?.turnId) this.#add(waiting, turnId, id);
    this.#queue.clear();
    this.#tellUnheard(waiting, at, reason);
  }

  /** What was open when an utterance of another turn began to play. */
  #makeRoom(at: number): void {
    const turn = this.#floor.turn;
    if (turn?.owner === 'utterances') this.#end(turn.quietSince ?? at, 'drained');
    else if (turn) this.#end(at, 'speech_end');
  }

  #end(at: number, reason: EndReason): void {
    this.#floor.end({ end: at, to: at, reason });
  }

  #add(waiting: Map<string, string[]>, turnId: string, utteranceId: string): void {
    waiting.set(turnId, [...(waiting.get(turnId) ?? []), utteranceId]);
  }

  #tellUnheard(waiting: ReadonlyMap<string, string[]>, at: number, reason: EndReason, cause?: InterruptionCause): void {
    for (const [turnId, utteranceIds] of waiting)
      this.#floor.unheard({ turnId, utteranceIds }, { end: at, reason, ...(cause && { cause }) });
  }

  #ofTurn(turnId: string): Utterance[] {
    return [...this.#queue.values()].filter((each) => each.turnId === turnId);
  }
}
