import { addNoise, noises, recordSpeech } from './support/spoken.mjs';
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
  echoThreshold: 0.8,
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
  const clean = await recordSpeech({ count: 60, clockRate: CLOCK_RATE });
  const noisy = addNoise(clean, 15);
  const quiet = noises(CLOCK_RATE);
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
      for (const { name, samples } of quiet) {
        const { facts } = await listen(samples);
        const starts = facts.filter(({ type }) => type === 'start').length;
        const turns = facts.filter(({ type }) => type === 'confirmed').length;
        rows.push({
          name: `${model}: starts in ${name}`,
          value: starts,
          unit: 'starts',
          note: `${turns} of them turns`,
        });
      }
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
  const speeches = spoken(facts);
  const found = utterances.flatMap((truth) => {
    const near = speeches.find(
      ({ start }) =>
        start.onset >= truth.onset - EARLY_S * clockRate && start.onset <= truth.onset + LATE_S * clockRate,
    );
    return near ? [{ truth, near }] : [];
  });
  const toMs = (/** @type {number} */ frames) => (frames / clockRate) * 1000;
  const latency = found.map(({ truth, near }) => toMs(near.start.decided - truth.onset));
  const error = found.map(({ truth, near }) => toMs(near.start.onset - truth.onset));
  const endError = found.flatMap(({ truth, near }) => (near.end ? [toMs(near.end.end - truth.end)] : []));
  const misfires = found.filter(({ near }) => near.end?.misfire).length;
  return [
    {
      name: `${name}: onset latency, median`,
      value: quantile(latency, 0.5),
      unit: 'ms',
      note: 'first audible sample → end of the window',
    },
    { name: `${name}: onset latency, p95`, value: quantile(latency, 0.95), unit: 'ms' },
    { name: `${name}: onset error, median`, value: quantile(error, 0.5), unit: 'ms', note: spread(error) },
    { name: `${name}: end error, median`, value: quantile(endError, 0.5), unit: 'ms', note: spread(endError) },
    {
      name: `${name}: missed`,
      value: utterances.length - found.length,
      unit: 'utterances',
      note: `of ${utterances.length}`,
    },
    { name: `${name}: taken for misfires`, value: misfires, unit: 'utterances', note: `of ${found.length} found` },
    {
      name: `${name}: false starts`,
      value: speeches.length - found.length,
      unit: 'starts',
      note: 'where no utterance begins',
    },
  ];
}

/**
 * Each start with its end.
 *
 * @param {Heard['facts']} facts
 */
function spoken(facts) {
  /** @typedef {Heard['facts'][number]} Fact */
  /** @type {{ start: Extract<Fact, { type: 'start' }>, end?: Extract<Fact, { type: 'end' }> }[]} */
  const speeches = [];
  for (const fact of facts) {
    if (fact.type === 'start') speeches.push({ start: fact });
    const last = speeches.at(-1);
    if (fact.type === 'end' && last) last.end = fact;
  }
  return speeches;
}

/** @param {number[]} values */
function spread(values) {
  const [low, high] = [quantile(values, 0.05), quantile(values, 0.95)];
  return `p5 … p95: ${Math.round(low)} … ${Math.round(high)}, all: ${Math.round(quantile(values, 0))} … ${Math.round(quantile(values, 1))}`;
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
