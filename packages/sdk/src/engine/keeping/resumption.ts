import type { PlayerCommand } from '../../core/messages/player-engine.ts';
import type { SessionMemory } from '../../core/messages/session-memory.ts';
import type { TrackerNews } from '../../core/turn-tracker.ts';
import type { Speaker } from '../../core/turn.ts';
import type { Capture } from '../capture/capture.ts';
import type { Listening } from '../user/listening.ts';
import type { SessionPast } from './session-past.ts';
import type { TurnNotes } from '../turns/turn-notes.ts';
import type { Turns } from '../turns/turns.ts';
import type { Loudspeaker } from '../bot/loudspeaker.ts';
import type { UtteranceLedger } from '../bot/utterance-ledger.ts';

export interface ResumptionOptions {
  past: SessionPast;
  memory: SessionMemory;
  capture: Capture;
  turns: Turns;
  notes: TurnNotes;
  utterances: UtteranceLedger;
  user: Listening;
  loudspeaker: Loudspeaker;
}

/**
 * How a session goes on under another engine. What was open ends where its file ends, by `crash`; a turn that somebody
 * else keeps open (a key that is down, an utterance that plays) goes on as its next part, from the first frame of its
 * track. The user's detector begins anew: it hears again what the worklets still have.
 */
export class Resumption {
  readonly #options: ResumptionOptions;
  readonly #awaited = new Set<Speaker>(['user', 'bot']);

  constructor(options: ResumptionOptions) {
    this.#options = options;
  }

  /** Before any audio: what was known is known again, what was open is over. */
  begin(): void {
    const { past, memory, capture, turns, notes, utterances, user, loudspeaker } = this.#options;
    const { clock, losses } = capture;
    losses.remember(memory.gaps, clock);
    capture.goOn(past.tracks);
    for (const { turnId, externalId } of memory.bound) notes.bind(turnId, externalId);
    if (memory.mute) user.goOnMuted(memory.mute);
    loudspeaker.goOn(memory);
    for (const { utteranceId, turnId, generatedMs } of memory.utterances) {
      utterances.begin(utteranceId);
      utterances.generated(utteranceId, generatedMs);
      turns.feed({ type: 'utterance-begun', utteranceId, turnId });
    }
    const news: TrackerNews[] = [];
    if (memory.speaking) {
      const { turnId } = memory.speaking;
      const end = past.tracks.user?.end ?? clock.fromWallMs(Date.now());
      const misfire = !memory.turns.some((turn) => turn.turnId === turnId);
      news.push({ type: 'vad-stop', turnId, end, decided: end, misfire });
    }
    for (const { turnId, speaker, startMs, overlapsTurnId, utteranceIds } of memory.turns) {
      const start = clock.toFrames(startMs);
      const end = Math.max(start, past.tracks[speaker]?.end ?? start);
      const same = { turnId, speaker, start, overlapsTurnId, utteranceIds };
      const ending = { end, endReason: 'crash', interrupted: false, interruptionCause: undefined } as const;
      news.push({ type: 'turn-end', turn: { ...same, ...ending } });
    }
    turns.tell(news);
  }

  /** What the app had ended, the player may not have been told. What it never got is not played. */
  playerConnected(play: (command: PlayerCommand) => void): void {
    for (const { utteranceId, ended } of this.#options.memory.utterances) if (ended) play({ type: 'end', utteranceId });
  }

  /** The first audio of a track. */
  heard(speaker: Speaker, from: number): void {
    if (!this.#awaited.delete(speaker)) return;
    const { past, memory, turns } = this.#options;
    turns.goOn(speaker, from, past.parts);
    const marked = memory.marked.find((mark) => mark.speaker === speaker);
    if (marked) turns.feed({ type: 'manual-start', speaker, turnId: marked.turnId, at: from });
    if (speaker !== 'bot') return;
    const turn = memory.turns.find((each) => each.speaker === 'bot');
    const playing = memory.utterances.find((utterance) => utterance.turnId === turn?.turnId);
    if (playing) turns.feed({ type: 'utterance-started', utteranceId: playing.utteranceId, at: from });
  }
}
