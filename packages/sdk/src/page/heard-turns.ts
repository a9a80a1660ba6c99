import { type HeardFigure, figureOf } from '../core/heard-words.ts';
import type { UtteranceResult } from '../core/events.ts';
import type { EngineFact } from '../core/messages/page-engine.ts';
import type { Segment } from '../core/segment.ts';
import type { Turn } from '../core/turn.ts';
import { segmentFromWire } from '../core/wire.ts';

/** How much of each bot turn was heard, as soon as that is known: by the turn's end, whether or not there is a file of it. */
export class HeardTurns {
  readonly #figures = new Map<string, HeardFigure>();
  /** Turns by the voice stack's own id. */
  readonly #turns = new Map<string, string>();
  /** Of turns that are open. */
  readonly #sounding = new Set<string>();
  readonly #cuts = new Map<string, number>();
  readonly #results = new Map<string, UtteranceResult>();

  /** The stack's own id of a turn. */
  bind(turnId: string, externalId: string): void {
    this.#turns.set(externalId, turnId);
  }

  /** Undefined: the turn is not over, or it is not known whose words these are. */
  of({ turnId, externalId }: { turnId: string | null; externalId: string | null }): HeardFigure | undefined {
    const known = turnId ?? (externalId === null ? undefined : this.#turns.get(externalId));
    return known === undefined ? undefined : this.#figures.get(known);
  }

  /** News of the engine. True: more is known than before. */
  take(fact: EngineFact): boolean {
    if (fact.type === 'turn-end') return fact.event.turn.speaker === 'bot' && this.#ended(fact.event.turn);
    if (fact.type === 'segment-kept') return this.kept(segmentFromWire(fact.segment));
    if (fact.type === 'segment-discarded') return fact.event.speaker === 'bot' && this.#discarded(fact.event.turnId);
    if (fact.type === 'turn-start') this.#began(fact.event.turn);
    if (fact.type === 'utterance-done') this.#results.set(fact.utteranceId, fact.result);
    if (fact.type === 'interruption') this.#cuts.set(fact.event.turnId, fact.event.heardMs);
    return false;
  }

  /** A segment that is kept: what it says holds where nothing is known, after an engine that died or a page that was reloaded. */
  kept(segment: Segment): boolean {
    const { speaker, turnId, externalId } = segment;
    if (speaker === 'bot' && externalId !== null) this.bind(turnId, externalId);
    const figure = figureOf(segment);
    return figure !== undefined && this.#know(turnId, figure);
  }

  #began({ turnId, speaker }: Turn): void {
    if (speaker === 'bot') this.#sounding.add(turnId);
  }

  /** One that never began has no other end. */
  #discarded(turnId: string): boolean {
    return !this.#sounding.has(turnId) && this.#know(turnId, { heardMs: 0, cut: true, utterances: [] });
  }

  #ended({ turnId, interrupted, utteranceIds, startMs, endMs = startMs }: Turn): boolean {
    const results = utteranceIds.map((utteranceId) => ({ utteranceId, result: this.#results.get(utteranceId) }));
    const utterances = results.flatMap(({ utteranceId, result }) => (result ? [{ utteranceId, ...result }] : []));
    // An engine that died took a result with it: the segment has it.
    if (utterances.length < utteranceIds.length) return false;
    for (const utteranceId of utteranceIds) this.#results.delete(utteranceId);
    const sum = utterances.reduce((ms, { heardMs }) => ms + heardMs, 0);
    const heardMs = this.#cuts.get(turnId) ?? (utterances.length === 0 ? endMs - startMs : sum);
    // The end of a session cuts without being an interruption. What is lost to rounding is not lost.
    const hungUp = utterances.some((each) => each.interrupted && each.generatedMs - each.renderedMs > 1);
    return this.#know(turnId, { heardMs, cut: interrupted || hungUp, utterances });
  }

  #know(turnId: string, figure: HeardFigure): boolean {
    this.#cuts.delete(turnId);
    this.#sounding.delete(turnId);
    if (this.#figures.has(turnId)) return false;
    this.#figures.set(turnId, figure);
    return true;
  }
}
