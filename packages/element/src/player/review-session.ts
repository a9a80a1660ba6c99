import type { SpokenText } from '../spoken-text.ts';
import type { GapCause, InterruptionCause, Segment, Speaker } from 'turntape';

/** One file of a turn, at its place. Times are milliseconds of the session's timeline. */
export interface ReviewPart {
  readonly segmentId: string;
  readonly speaker: Speaker;
  /** Of the file's first sample: earlier than the onset by the pre-roll. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly format: Segment['format'];
  readonly byteSize: number;
  /** `sealed`: only the backend can open it. Whether a file that should be here is here, its reading tells. */
  readonly audio: 'file' | 'sealed' | 'none';
  /** What the backend calls it, when that is known. */
  readonly url: string | undefined;
}

/** One turn as it is reviewed. */
export interface ReviewTurn {
  readonly turnId: string;
  readonly speaker: Speaker;
  /** From the onset to the end of its last file; of a turn of which only the words are known, where they were said. */
  readonly startMs: number;
  readonly endMs: number;
  /** In order. Empty: only its words are known here. */
  readonly parts: readonly ReviewPart[];
  /** What was said, when somebody wrote it down. */
  readonly text: string | undefined;
  /** The same, one entry behind another, each parted where its sound ended. */
  readonly spoken: readonly SpokenText[];
  readonly interrupted: boolean;
  readonly interruptionCause: InterruptionCause | null;
  /** Bot: what reached the ear, and what it was given to say. Null: not known, or the user. */
  readonly heardMs: number | null;
  readonly generatedMs: number | null;
  /** Bot: how much of what it was given was never put out. */
  readonly unheardMs: number;
  /** The files of that, when they were kept (`record.unheardTail`). They have no place on the timeline. */
  readonly tails: readonly ReviewPart[];
  /** Bot: end of the user's speech to the first heard frame. */
  readonly responseLatencyMs: number | null;
}

/** A range in which there is no sound, and why. `speaker` null: of both. */
export interface ReviewHole {
  readonly speaker: Speaker | null;
  readonly startMs: number;
  readonly endMs: number;
  /** `gap`: something is missing. `quiet`: nothing is, but the microphone or the loudspeaker gave no sound. */
  readonly kind: 'gap' | 'quiet' | 'mute' | 'deafened' | 'redaction';
  /** Of a gap, and of what was quiet. */
  readonly cause: GapCause | undefined;
}

/** A session as it is reviewed, from wherever it came. */
export interface ReviewSession {
  readonly sessionId: string;
  /** Wall time of the timeline's beginning, milliseconds since 1970. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** It goes on: what is here is what there was when it was read. */
  readonly live: boolean;
  /** By onset. */
  readonly turns: readonly ReviewTurn[];
  /** By start. */
  readonly holes: readonly ReviewHole[];
}

/** The turn that sounds, or sounded last, at a place: of two that do, the one that began later. */
export function turnAt(turns: readonly ReviewTurn[], ms: number): ReviewTurn | undefined {
  return turns.findLast((turn) => turn.startMs <= ms && ms < turn.endMs);
}

/** Where the nearest turn before or after a place begins. A turn that began just now counts as here. */
export function neighbour(turns: readonly ReviewTurn[], ms: number, step: -1 | 1): ReviewTurn | undefined {
  return step > 0
    ? turns.find((turn) => turn.startMs > ms + HERE_MS)
    : turns.findLast((turn) => turn.startMs < ms - HERE_MS);
}

/** Pressed again within this time, "previous" goes on to the one before. */
const HERE_MS = 250;
