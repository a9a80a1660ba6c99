import type { Floor } from './floor.ts';
import type { TrackerFact } from './tracker-facts.ts';
import type { EndReason } from './turn.ts';

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

  /** Drops what was cut. True when the open turn lost something: words that played, or words still to come. */
  cut(utteranceIds: readonly string[]): boolean {
    const turnId = this.#floor.turn?.turnId;
    const unfinished = turnId !== undefined && this.#ofTurn(turnId).length > 0;
    for (const id of utteranceIds) this.#queue.delete(id);
    return unfinished;
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
    if (turn?.owner !== 'utterances') return;
    const unfinished = this.#ofTurn(turn.turnId).length > 0;
    this.#end(turn.quietSince ?? at, unfinished ? reason : 'drained');
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

  #ofTurn(turnId: string): Utterance[] {
    return [...this.#queue.values()].filter((each) => each.turnId === turnId);
  }
}
