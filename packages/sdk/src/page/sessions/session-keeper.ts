import type { DeafenEvent, GapEvent, MuteEvent } from '../../core/events.ts';
import type { BotMessage, EngineFact } from '../../core/messages/page-engine.ts';
import type { SessionMemory } from '../../core/messages/session-memory.ts';
import type { Speaker, Turn } from '../../core/turn.ts';

/** Remembers of a session what another engine needs to go on with it: by what the page says, and what it is told. */
export class SessionKeeper {
  readonly #turns = new Map<Speaker, Turn>();
  readonly #marked = new Map<Speaker, string>();
  readonly #utterances = new Map<string, { turnId: string; generatedMs: number; ended: boolean }>();
  readonly #bound = new Map<string, string>();
  readonly #gaps: GapEvent[] = [];
  #speaking: string | undefined;
  #mute: MuteEvent | undefined;
  #deafen: DeafenEvent | undefined;
  #volume = 1;

  get memory(): SessionMemory {
    return {
      turns: [...this.#turns.values()],
      speaking: this.#speaking === undefined ? undefined : { turnId: this.#speaking },
      marked: [...this.#marked].map(([speaker, turnId]) => ({ speaker, turnId })),
      utterances: [...this.#utterances].map(([utteranceId, facts]) => ({ utteranceId, ...facts })),
      bound: [...this.#bound].map(([turnId, externalId]) => ({ turnId, externalId })),
      gaps: this.#gaps,
      mute: this.#mute,
      deafen: this.#deafen,
      volume: this.#volume,
    };
  }

  /** What the page says to the engine. */
  said(message: BotMessage): void {
    switch (message.type) {
      case 'begin':
        this.#utterances.set(message.utteranceId, { turnId: message.turnId, generatedMs: 0, ended: false });
        return;
      case 'pcm': {
        const utterance = this.#utterances.get(message.utteranceId ?? '');
        if (utterance) utterance.generatedMs += (message.samples.length / message.sampleRate) * 1000;
        return;
      }
      case 'turn-start':
        this.#marked.set(message.speaker, message.turnId);
        return;
      case 'turn-end':
        this.#marked.delete(message.speaker);
        return;
      case 'bind':
        this.#bound.set(message.turnId, message.externalId);
        return;
      case 'end': {
        const utterance = this.#utterances.get(message.utteranceId ?? '');
        if (utterance) utterance.ended = true;
        return;
      }
      case 'volume':
        this.#volume = message.volume;
        return;
      case 'words':
      case 'server-vad':
      case 'turn-is-over':
      case 'opus':
      case 'user-pcm':
      case 'user-opus':
        return;
    }
  }

  /** What the engine tells. */
  told(fact: EngineFact): void {
    switch (fact.type) {
      case 'turn-start':
        this.#turnStarted(fact.event.turn);
        return;
      case 'turn-end':
        this.#turns.delete(fact.event.turn.speaker);
        return;
      case 'client_vad_start':
        this.#speaking = fact.event.turnId;
        return;
      case 'client_vad_stop':
        this.#speaking = undefined;
        return;
      case 'utterance-done':
        this.#utterances.delete(fact.utteranceId);
        return;
      case 'gap':
        this.#gaps.push(fact.event);
        return;
      case 'mute':
        this.#mute = fact.event.muted ? fact.event : undefined;
        return;
      case 'deafen':
        this.#deafen = fact.event.deafened ? fact.event : undefined;
        return;
      case 'volume':
      case 'segment-kept':
      case 'segment-discarded':
      case 'interruption':
      case 'integrity':
      case 'level':
      case 'redaction':
      case 'low-space':
      case 'room-asked':
      case 'dropped':
      case 'input-silent':
      case 'turn-end-asked':
      case 'turn-end-withdrawn':
      case 'session-closed':
      case 'vad-model':
      case 'error':
        return;
    }
  }

  /** Utterances of a thread that holds the bot's port become known here. */
  #turnStarted(turn: Turn): void {
    this.#turns.set(turn.speaker, turn);
    for (const utteranceId of turn.utteranceIds)
      if (!this.#utterances.has(utteranceId))
        this.#utterances.set(utteranceId, { turnId: turn.turnId, generatedMs: 0, ended: false });
  }
}
