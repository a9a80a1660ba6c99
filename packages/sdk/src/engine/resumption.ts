import type { PlayerCommand } from '../core/messages/player-engine.ts';
import type { SessionMemory } from '../core/messages/session-memory.ts';
import type { TrackerFact, TrackerNews } from '../core/turn-tracker.ts';
import type { Speaker } from '../core/turn.ts';
import type { SessionClock } from './session-clock.ts';
import type { SessionPast } from './session-past.ts';
import type { UtteranceLedger } from './utterance-ledger.ts';

export interface ResumptionOptions {
  past: SessionPast;
  memory: SessionMemory;
  clock: SessionClock;
  utterances: UtteranceLedger;
  /** The turns of a track begin at this frame at the earliest. */
  limit: (speaker: Speaker, at: number) => void;
  feed: (fact: TrackerFact) => void;
  tell: (news: readonly TrackerNews[]) => void;
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

  /** Before any audio: what was open is over. */
  begin(): void {
    const { past, memory, clock, utterances, feed, tell } = this.#options;
    for (const { utteranceId, turnId, generatedMs } of memory.utterances) {
      utterances.begin(utteranceId);
      utterances.generated(utteranceId, generatedMs);
      feed({ type: 'utterance-begun', utteranceId, turnId });
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
    tell(news);
  }

  /** What the app had ended, the player may not have been told. What it never got is not played. */
  playerConnected(play: (command: PlayerCommand) => void): void {
    for (const { utteranceId, ended } of this.#options.memory.utterances) if (ended) play({ type: 'end', utteranceId });
  }

  /** The first audio of a track. */
  heard(speaker: Speaker, from: number): void {
    if (!this.#awaited.delete(speaker)) return;
    const { memory, limit, feed } = this.#options;
    limit(speaker, from);
    const marked = memory.marked.find((mark) => mark.speaker === speaker);
    if (marked) feed({ type: 'manual-start', speaker, turnId: marked.turnId, at: from });
    if (speaker !== 'bot') return;
    const turn = memory.turns.find((each) => each.speaker === 'bot');
    const playing = memory.utterances.find((utterance) => utterance.turnId === turn?.turnId);
    if (playing) feed({ type: 'utterance-started', utteranceId: playing.utteranceId, at: from });
  }
}
