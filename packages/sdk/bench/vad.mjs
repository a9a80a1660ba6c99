import { addNoise, pinkNoise, recordSpeech } from './support/spoken.mjs';
import { openVadPage } from './support/vad-page.mjs';

/** As the fake and most real microphones run. In Hz. */
const CLOCK_RATE = 48_000;
/** An utterance's start may be found this long before and after its first audible sample. In seconds. */
const EARLY_S = 0.2;
const LATE_S = 0.6;

/** The defaults of the recorder, except the model. */
const SETTINGS = {
  positiveSpeechThreshold: 0.3,
  negativeSpeechThreshold: 0.25,
  minSpeechMs: 250,
  endSilenceMs: 800,
};

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {number} value
 * @property {string} unit
 * @property {string} [note]
 */
/** @typedef {import('./support/spoken.d.mts').Recording} Recording */
/** @typedef {import('./support/vad-page.d.mts').Heard} Heard */

/**
 * The detectors in a worker of Chromium: what a window costs, how soon speech is found, and what is found where there is
 * none.
 *
 * @returns {Promise<Row[]>}
 */
export async function vadBench() {
  const clean = await recordSpeech({ count: 12, clockRate: CLOCK_RATE });
  const noisy = addNoise(clean, 15);
  const noise = pinkNoise(120 * CLOCK_RATE).map((sample) => sample * 0.01);
  const page = await openVadPage();
  try {
    /** @type {Row[]} */
    const rows = [];
    for (const model of /** @type {const} */ (['v6', 'v5', 'legacy', 'energy'])) {
      const settings = { ...SETTINGS, model };
      const listen = async (/** @type {Float32Array} */ samples) => {
        const { heard, error } = await page.listen({ model, samples, clockRate: CLOCK_RATE, settings });
        if (!heard) throw new Error(`${model}: ${error?.message}`);
        return heard;
      };
      const heard = await listen(clean.samples);
      rows.push(...costRows(model, heard), ...onsetRows(`${model}, clean`, heard, clean));
      rows.push(...onsetRows(`${model}, pink noise at 15 dB`, await listen(noisy.samples), noisy));
      const starts = (await listen(noise)).facts.filter(({ type }) => type === 'start').length;
      rows.push({ name: `${model}: starts in 2 min of noise`, value: starts, unit: 'starts', note: 'pink, −40 dBFS' });
    }
    return rows;
  } finally {
    await page.close();
  }
}

/**
 * @param {string} model
 * @param {Heard} heard
 * @returns {Row[]}
 */
function costRows(model, { windowMs, loadMs }) {
  const note = model === 'legacy' ? 'a window is 96 ms' : 'a window is 32 ms';
  return [
    { name: `${model}: window, median`, value: quantile(windowMs, 0.5), unit: 'ms', note },
    { name: `${model}: window, p95`, value: quantile(windowMs, 0.95), unit: 'ms', note },
    { name: `${model}: load and warm up`, value: loadMs, unit: 'ms', note: 'from this machine, nothing cached' },
  ];
}

/**
 * @param {string} name
 * @param {Heard} heard
 * @param {Recording} recording
 * @returns {Row[]}
 */
function onsetRows(name, { facts }, { utterances, clockRate }) {
  const starts = facts.filter((fact) => fact.type === 'start');
  const found = utterances.flatMap(({ onset }) => {
    const near = starts.find(
      (start) => start.onset >= onset - EARLY_S * clockRate && start.onset <= onset + LATE_S * clockRate,
    );
    return near ? [{ onset, near }] : [];
  });
  const toMs = (/** @type {number} */ frames) => (frames / clockRate) * 1000;
  const latency = found.map(({ onset, near }) => toMs(near.decided - onset));
  const error = found.map(({ onset, near }) => toMs(near.onset - onset));
  return [
    {
      name: `${name}: onset latency, median`,
      value: quantile(latency, 0.5),
      unit: 'ms',
      note: 'first audible sample → end of the window',
    },
    { name: `${name}: onset latency, p95`, value: quantile(latency, 0.95), unit: 'ms' },
    {
      name: `${name}: onset error, median`,
      value: quantile(error, 0.5),
      unit: 'ms',
      note: `${Math.round(quantile(error, 0))} … ${Math.round(quantile(error, 1))}`,
    },
    {
      name: `${name}: missed`,
      value: utterances.length - found.length,
      unit: 'utterances',
      note: `of ${utterances.length}; ${starts.length - found.length} starts elsewhere`,
    },
  ];
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
