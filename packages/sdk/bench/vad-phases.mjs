import { addNoise, pinkNoise, recordSpeech } from './support/spoken.mjs';
import { openVadPage } from './support/vad-page.mjs';

/** As the fake and most real microphones run. In Hz. */
const CLOCK_RATE = 48_000;
const NOISE_MINUTES = 2;
/** An utterance's start may be found this long before and after its first audible sample. In seconds. */
const EARLY_S = 0.2;
const LATE_S = 0.6;
const SETTINGS = {
  model: /** @type {const} */ ('v6'),
  positiveSpeechThreshold: 0.3,
  negativeSpeechThreshold: 0.25,
  minSpeechMs: 250,
  endSilenceMs: 800,
  echoThreshold: 0.8,
};

/**
 * One v6 that looks once, twice or four times in each window's length (`vad.phases`), as while the bot speaks: how soon it
 * decides, and what it finds where there is no speech.
 *
 * @returns {Promise<{ name: string, value: number, unit: string, note?: string }[]>}
 */
export async function vadPhasesBench() {
  const clean = await recordSpeech({ count: 12, clockRate: CLOCK_RATE });
  const noisy = addNoise(clean, 15);
  /** @type {Record<string, Float32Array>} */
  const noises = {
    'pink, −40 dBFS': pinkNoise(NOISE_MINUTES * 60 * CLOCK_RATE).map((sample) => sample * 0.01),
    'pink, −20 dBFS': pinkNoise(NOISE_MINUTES * 60 * CLOCK_RATE).map((sample) => sample * 0.1),
    'a click of 40 ms every 1.5 s': clicks(NOISE_MINUTES * 60),
    'a rustle or a breath of 80 to 400 ms every 1.5 s': rustles(NOISE_MINUTES * 60),
  };
  const page = await openVadPage();
  try {
    /** @type {Awaited<ReturnType<typeof vadPhasesBench>>} */
    const rows = [];
    for (const phases of /** @type {const} */ ([1, 2, 4])) {
      const listen = async (/** @type {Float32Array} */ samples) => {
        const { heard, error } = await page.listen({
          model: 'v6',
          samples,
          clockRate: CLOCK_RATE,
          settings: { ...SETTINGS, phases },
        });
        if (!heard) throw new Error(error?.message);
        return heard;
      };
      const name = `v6, phases ${phases}`;
      for (const [what, recording] of Object.entries({ clean, 'pink noise at 15 dB': noisy })) {
        const { facts, windowMs } = await listen(recording.samples);
        const starts = facts.filter((fact) => fact.type === 'start');
        const found = recording.utterances.flatMap(({ onset }) => {
          const near = starts.find(
            (start) => start.onset >= onset - EARLY_S * CLOCK_RATE && start.onset <= onset + LATE_S * CLOCK_RATE,
          );
          return near ? [((near.decided - onset) / CLOCK_RATE) * 1000] : [];
        });
        const note = `${found.length} of ${recording.utterances.length}; ${starts.length - found.length} starts elsewhere`;
        for (const part of [0.5, 0.95])
          rows.push({
            name: `${name}, ${what}: onset → decision, p${part * 100}`,
            value: quantile(found, part),
            unit: 'ms',
            note,
          });
        if (what === 'clean')
          rows.push({
            name: `${name}: of a core`,
            value:
              (windowMs.reduce((sum, each) => sum + each, 0) / ((recording.samples.length / CLOCK_RATE) * 1000)) * 100,
            unit: '%',
          });
      }
      for (const [what, noise] of Object.entries(noises)) {
        const { facts } = await listen(noise);
        const starts = facts.filter((fact) => fact.type === 'start').length;
        const ends = facts.filter((fact) => fact.type === 'end' && !fact.misfire).length;
        const note = `${ends} of them confirmed`;
        rows.push({
          name: `${name}: starts in ${NOISE_MINUTES} min of noise, ${what}`,
          value: starts,
          unit: 'starts',
          note,
        });
      }
    }
    return rows;
  } finally {
    await page.close();
  }
}

/**
 * Bursts of white noise, as a key, a cup or a door makes them, of every level from −40 to −6 dBFS.
 *
 * @param {number} seconds
 */
function clicks(seconds) {
  const samples = new Float32Array(seconds * CLOCK_RATE);
  const noise = pinkNoise(CLOCK_RATE);
  for (let at = CLOCK_RATE, burst = 0; at < samples.length - CLOCK_RATE; at += 1.5 * CLOCK_RATE, burst += 1) {
    const level = 10 ** ((-40 + ((burst * 7) % 34)) / 20);
    for (let each = 0; each < 0.04 * CLOCK_RATE; each += 1)
      samples[at + each] =
        level *
        ((noise[(burst * 997 + each) % noise.length] ?? 0) - (noise[(burst * 997 + each + 1) % noise.length] ?? 0));
  }
  return samples;
}

/**
 * Noise that comes and goes, as clothes and breaths make it: white in every other one, at −55 to −20 dBFS.
 *
 * @param {number} seconds
 */
function rustles(seconds) {
  const samples = pinkNoise(seconds * CLOCK_RATE).map((sample) => sample * 10 ** (-70 / 20));
  const noise = pinkNoise(CLOCK_RATE);
  for (let at = CLOCK_RATE, burst = 0; at < samples.length - CLOCK_RATE; at += 1.5 * CLOCK_RATE, burst += 1) {
    const level = 10 ** ((-55 + ((burst * 7) % 36)) / 20);
    const length = Math.round((0.08 + 0.04 * (burst % 9)) * CLOCK_RATE);
    for (let each = 0; each < length; each += 1) {
      const [now, before] = [
        noise[(burst * 997 + each) % noise.length],
        noise[(burst * 997 + each + 1) % noise.length],
      ];
      const envelope = Math.min(1, each / (0.02 * CLOCK_RATE), (length - each) / (0.03 * CLOCK_RATE));
      samples[at + each] =
        (samples[at + each] ?? 0) + level * envelope * (burst % 2 ? (now ?? 0) : (now ?? 0) - (before ?? 0));
    }
  }
  return samples;
}

/**
 * The value below which this part of the sample lies: its own members, no interpolation.
 *
 * @param {number[]} values
 * @param {number} part
 */
function quantile(values, part) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}
