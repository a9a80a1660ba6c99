import type { Floor } from './floor.ts';
import type { SpeechSource, TrackerFact, TrackerNews } from './tracker-facts.ts';
import type { EndReason } from './turn.ts';

type Fact<Type extends TrackerFact['type']> = Extract<TrackerFact, { type: Type }>;

/** A start that the device's detector found and has not confirmed. */
interface Candidate {
  turnId: string;
  onset: number;
}

/** Where a detector stands: its stop may still be owed for an utterance that something else ended. */
type SourceState = 'idle' | 'speaking' | 'owing';

/** How much of the track goes into a file around speech, in frames. */
export interface SpeechMargins {
  preRoll: number;
  postRoll: number;
}

/**
 * Turns of one speaker by voice activity and by the app's marks. Whatever two detectors say of one utterance, it starts
 * once and stops once: the first start and the first stop win. A stop that is owed for an utterance already over is
 * taken as that, and never ends the next one.
 */
export class SpeechFloor {
  readonly #floor: Floor;
  readonly #margins: SpeechMargins;
  readonly #tell: (news: TrackerNews) => void;
  readonly #sources: Record<SpeechSource, SourceState> = { client: 'idle', server: 'idle' };
  #candidate: Candidate | undefined;

  constructor(floor: Floor, margins: SpeechMargins, tell: (news: TrackerNews) => void) {
    this.#floor = floor;
    this.#margins = margins;
    // Vad news are about the user only: a bot's stream has turns but nobody to signal to.
    this.#tell = floor.speaker === 'user' ? tell : () => {};
  }

  speechStart(fact: Fact<'speech-start'>): void {
    const { source, turnId, onset, decided, echoLikelihood } = fact;
    const owner = this.#floor.turn?.owner;
    if (source === 'client') this.#floor.reaches(decided);
    if (owner === 'marks' || owner === 'utterances' || this.#isLate(fact)) {
      this.#sources[source] = 'owing';
      return;
    }
    this.#sources[source] = 'speaking';
    if (!owner && !this.#candidate) {
      this.#candidate = { turnId, onset };
      const score = echoLikelihood === undefined ? {} : { echoLikelihood };
      this.#tell({ type: 'vad-start', turnId, onset, decided, source, ...score });
    }
    if (source === 'server') this.confirm();
  }

  /** The candidate, if there is one, becomes a turn. */
  confirm(): void {
    const candidate = this.#candidate;
    if (!candidate) return;
    this.#candidate = undefined;
    // An utterance of ours began to play meanwhile: the bot's track is its own.
    if (this.#floor.turn) return;
    const { turnId, onset } = candidate;
    this.#floor.open({ owner: 'speech', turnId, start: onset, preRoll: this.#margins.preRoll });
  }

  speechEnd(fact: Fact<'speech-end'>): void {
    const { source, end, decided, misfire, reason = 'speech_end' } = fact;
    if (source === 'client') this.#floor.reaches(decided);
    const before = this.#sources[source];
    this.#sources[source] = 'idle';
    if (before === 'owing') return;
    if (misfire) this.#misfire(end, decided);
    // A stop that is no misfire says that it was speech, also when nobody had confirmed it yet.
    this.confirm();
    if (this.#floor.turn?.owner !== 'speech') return;
    this.#finish(end, Math.max(end, decided), reason, this.#margins.postRoll);
  }

  manualStart({ at, turnId }: Fact<'manual-start'>): void {
    if (this.#floor.turn?.owner === 'marks') return;
    this.closeAt(at, 'manual');
    this.#floor.open({ owner: 'marks', turnId, start: at, preRoll: 0 });
  }

  manualEnd({ at }: Fact<'manual-end'>): void {
    if (this.#floor.turn?.owner === 'utterances') return;
    this.closeAt(at, 'manual');
  }

  /** Ends whatever is open, at once and without a post-roll; an unconfirmed start ends as a misfire. */
  closeAt(at: number, reason: EndReason): void {
    this.#misfire(at, at);
    if (this.#floor.turn?.owner === 'speech') this.#finish(at, at, reason, 0);
    else this.#floor.end({ end: at, to: at, reason });
  }

  /** What was open is over: a stop that a detector still owes belongs to it. */
  settle(): void {
    for (const source of ['client', 'server'] as const)
      if (this.#sources[source] === 'speaking') this.#sources[source] = 'owing';
  }

  /** A backend's word takes its way: its start of an utterance that is over already is not the start of another one. */
  #isLate({ source, onset }: Fact<'speech-start'>): boolean {
    return source === 'server' && !this.#floor.turn && !this.#candidate && onset < this.#floor.lastEnd;
  }

  #misfire(at: number, decided: number): void {
    const candidate = this.#candidate;
    if (!candidate) return;
    this.#candidate = undefined;
    const end = Math.max(candidate.onset, at);
    this.#tell({ type: 'vad-stop', turnId: candidate.turnId, end, decided: Math.max(end, decided), misfire: true });
    this.settle();
  }

  #finish(at: number, decided: number, reason: EndReason, postRoll: number): void {
    const turn = this.#floor.turn;
    if (!turn) return;
    const end = this.#floor.withinTurn(at);
    this.#tell({ type: 'vad-stop', turnId: turn.turnId, end, decided: Math.max(end, decided), misfire: false });
    this.#floor.end({ end, to: Math.min(end + postRoll, decided), reason });
    this.settle();
  }
}
