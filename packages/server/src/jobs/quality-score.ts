/** How a file sounds, by rules of thumb: it finds files that are worth a look, and is no listening test. */
export interface AudioQuality {
  /** 100: nothing was found. 0: nobody can use it. */
  score: number;
  /** Share of samples that are cut off at full scale, 0 to 1. */
  clipped: number;
  /** Share of the time below −60 dBFS, 0 to 1. */
  silent: number;
  /** How far the loud parts stand above the quiet ones, in dB: what is between is noise, or nothing. Null: there is no sound. */
  snr_db: number | null;
  /** How often sound breaks off and comes back at once, and how many gaps the recorder wrote down. */
  dropouts: number;
}

/** What is looked at, in Hz: speech has little above its half. */
export const QUALITY_RATE = 16_000;
/** Level of a 20 ms window is what speech is loud or quiet by. */
const WINDOW = QUALITY_RATE / 50;
/** Sound that breaks off is looked for in pieces of 2 ms. */
const PIECE = QUALITY_RATE / 500;
/** A resampler or a lossy codec leaves cut-off peaks a little lower than where they were cut, here 0.2 dB. */
const CLIPPED = 32_000;
/** One sample of full scale is a loud sound; this many in a row are one that was cut. */
const CLIPPED_RUN = 3;
const SILENT_DB = -60;
/** Sound that is louder than this does not fall to silence within 2 ms by itself. */
const LOUD_DB = -40;
/** Pieces of silence that are a hole: 6 ms at least, and no more than a pause between words. */
const HOLE_PIECES = [3, 100] as const;

/** What each finding costs, at most: together more than all. */
const COST = { clipped: 60, noise: 40, silent: 100, dropouts: 60 } as const;
/** Where a finding costs all it can. */
const WORST = { clipped: 0.02, dropoutsPerS: 0.5 } as const;
/** A file that is quiet for so long still is a turn with a pause. */
const MUCH_SILENCE = 0.8;
/** Better than this is not heard as better, in dB. */
const GOOD_SNR_DB = 30;

/** Measures 16-bit mono samples at {@link QUALITY_RATE}. `gaps`: what the recorder knows to be missing. */
export function measureQuality(samples: Int16Array, gaps = 0): AudioQuality {
  const levels = levelsOf(samples, WINDOW);
  const seconds = samples.length / QUALITY_RATE;
  const clipped = clippedShare(samples);
  const silent = levels.length === 0 ? 1 : levels.filter((level) => level < SILENT_DB).length / levels.length;
  const snrDb = snrOf(levels);
  const dropouts = holesIn(levelsOf(samples, PIECE)) + gaps;
  const cost =
    COST.clipped * upTo1(clipped / WORST.clipped) +
    COST.noise * upTo1((GOOD_SNR_DB - (snrDb ?? GOOD_SNR_DB)) / GOOD_SNR_DB) +
    COST.silent * upTo1((silent - MUCH_SILENCE) / (1 - MUCH_SILENCE)) +
    COST.dropouts * upTo1(dropouts / Math.max(1, seconds) / WORST.dropoutsPerS);
  return { score: Math.max(0, Math.round(100 - cost)), clipped, silent, snr_db: snrDb, dropouts };
}

const upTo1 = (value: number) => Math.min(1, Math.max(0, value));

/** RMS of each whole stretch of so many samples, in dBFS; silence itself is −120. */
function levelsOf(samples: Int16Array, length: number): number[] {
  return Array.from({ length: Math.floor(samples.length / length) }, (_, i) => {
    let sum = 0;
    for (let at = i * length; at < (i + 1) * length; at++) sum += (samples[at] ?? 0) ** 2;
    return Math.max(-120, 10 * Math.log10(sum / length / 32_768 ** 2));
  });
}

function clippedShare(samples: Int16Array): number {
  let [clipped, run] = [0, 0];
  for (const sample of samples) {
    run = Math.abs(sample) >= CLIPPED ? run + 1 : 0;
    if (run === CLIPPED_RUN) clipped += CLIPPED_RUN;
    else if (run > CLIPPED_RUN) clipped += 1;
  }
  return samples.length === 0 ? 0 : clipped / samples.length;
}

/** The loudest tenth against the quietest one of what is not silence. */
function snrOf(levels: readonly number[]): number | null {
  if (!levels.some((level) => level >= SILENT_DB)) return null;
  const sorted = [...levels].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  return Math.round((at(0.9) - Math.max(at(0.1), -90)) * 10) / 10;
}

/** Silence that begins and ends within one piece of loud sound. */
function holesIn(pieces: readonly number[]): number {
  const [least, most] = HOLE_PIECES;
  const isLoud = (at: number) => Math.max(pieces[at] ?? -120, pieces[at - 1] ?? -120) >= LOUD_DB;
  let holes = 0;
  let from: number | undefined;
  pieces.forEach((level, at) => {
    if (level < SILENT_DB) {
      from ??= at;
      return;
    }
    const length = from === undefined ? 0 : at - from;
    // The piece in which it breaks off holds some of both: the one before it counts, too. Likewise where it comes back.
    if (from !== undefined && from > 0 && length >= least && length <= most && isLoud(from - 1) && isLoud(at + 1))
      holes += 1;
    from = undefined;
  });
  return holes;
}
