import type { IntegrityCause } from '../../core/integrity.ts';
import type { FrameRange } from '../capture/frame-range.ts';
import type { SoundRuns } from './sound-runs.ts';

/** So much sound in all is a click or a codec that starts: no word is that short. */
const BLIP_MS = 60;

/** A shorter turn that is silent is not told: a key that was touched, an utterance of nothing but its lead-in. */
const SHORTEST_MS = 200;
const SHORTEST_MARKED_MS = 1000;

/** A cut turn may have been cut in the silence that it begins with: services put up to a second there. */
const SHORTEST_CUT_MS = 3000;

/** A silence within a turn that sounds otherwise: longer than the pauses that people and synthesised voices make between sentences. */
const STRETCH_MS = 3000;

/** So much sound must be missing before such a silence is told: a bot that thinks, or fetches something, misses none. */
const MISSING_MS = 2000;

/** What is known of a turn of the bot. Lengths are frames of the session. */
export interface TurnEvidence {
  /** The turn itself; several when it went on after its end. */
  spans: readonly FrameRange[];
  /** Where its sound may lie. Of a stream that is cut by its own sound this is longer than the turn. */
  listened: readonly FrameRange[];
  /** What is silent on purpose, or known to be missing. */
  excused: readonly FrameRange[];
  /** It was cut, or the session ended under it: not all of the words were to be said. */
  isCut: boolean;
  /** The app marked it. */
  isMarked: boolean;
  /** What its words take at least. */
  words: number;
  /** Of what it was given and was put out, that which sounds. */
  given: number;
}

export interface Verdict extends FrameRange {
  cause: IntegrityCause;
}

/** Whether the record of a turn is silent where it should not be; undefined: it is as it should be, or nobody can say. */
export function judgeTurn(
  evidence: TurnEvidence,
  sound: Pick<SoundRuns, 'soundingFrames' | 'longestSilence'>,
  frames: (milliseconds: number) => number,
): Verdict | undefined {
  const { spans, listened, excused, isCut, isMarked, words, given } = evidence;
  const sounding = sum(listened, (range) => sound.soundingFrames(range));
  const forgiven = sum(listened, (range) => sum(excused, (each) => overlap(range, each)));
  const [first, last] = [spans[0], spans.at(-1)];
  if (!first || !last) return undefined;

  if (forgiven === 0 && isBlip(sounding, frames)) {
    const length = sum(spans, ({ from, to }) => to - from);
    const whole = { from: first.from, to: last.to };
    if (given >= frames(SHORTEST_MS)) return { ...whole, cause: 'given_without_sound' };
    if (words > 0 && length >= frames(isCut ? SHORTEST_CUT_MS : SHORTEST_MS))
      return { ...whole, cause: 'words_without_sound' };
    if (isMarked && length >= frames(SHORTEST_MARKED_MS)) return { ...whole, cause: 'marks_without_sound' };
    return undefined;
  }

  const silences = listened.map((range) => sound.longestSilence(range, excused));
  const [longest] = silences.toSorted((one, other) => other.to - other.from - (one.to - one.from));
  if (!longest || longest.to - longest.from < frames(STRETCH_MS)) return undefined;
  const isMissing = (expected: number): boolean => expected - sounding - forgiven >= frames(MISSING_MS);
  if (isMissing(given)) return { ...longest, cause: 'given_without_sound' };
  if (!isCut && isMissing(words)) return { ...longest, cause: 'words_without_sound' };
  return undefined;
}

/** So little sound that it is none. */
export function isBlip(soundingFrames: number, frames: (milliseconds: number) => number): boolean {
  return soundingFrames <= frames(BLIP_MS);
}

function sum(ranges: readonly FrameRange[], measure: (range: FrameRange) => number): number {
  return ranges.reduce((all, range) => all + measure(range), 0);
}

function overlap(one: FrameRange, other: FrameRange): number {
  return Math.max(0, Math.min(one.to, other.to) - Math.max(one.from, other.from));
}
