import { SpeechDetector } from '../../src/engine/vad/detector.ts';
import { EnergyModel } from '../../src/engine/vad/energy-model.ts';

/** Hears one recording as the engine does, in blocks, and says what was found. Runs in a worker of the detector's page. */

/** As the tap sends them while the bot speaks. */
const BLOCK_FRAMES = 128;

/** @typedef {import('./vad-page.mjs').ListenOptions} ListenOptions */

/** @param {MessageEvent<ListenOptions & { audioUrl: string }>} event */
self.addEventListener('message', ({ data }) => {
  listen(data).then(
    (heard) => self.postMessage({ heard }),
    ({ name, message, code, retryable }) => self.postMessage({ error: { name, message, code, retryable } }),
  );
});

/** @param {ListenOptions & { audioUrl: string }} options */
async function listen({ model: name, audioUrl, clockRate, settings, urls, switchAfter }) {
  const samples = new Float32Array(await (await fetch(audioUrl)).arrayBuffer());
  const loading = performance.now();
  const model = await load(name, urls);
  const loadMs = performance.now() - loading;
  /** @type {number[]} */
  const windowMs = [];
  /** @type {unknown[]} */
  const facts = [];
  /** @type {string[]} */
  const errors = [];
  const detector = new SpeechDetector({
    settings,
    clockRate,
    model: switchAfter === undefined ? timed(model, windowMs) : new EnergyModel(),
    onFact: (fact) => facts.push(fact),
    onError: (error) => errors.push(String(error.cause)),
  });
  detector.listenClosely(true);
  for (let at = 0; at < samples.length; at += BLOCK_FRAMES) {
    if (switchAfter !== undefined && at <= switchAfter && switchAfter < at + BLOCK_FRAMES) detector.useModel(model);
    detector.feed(at, samples.subarray(at, at + BLOCK_FRAMES));
    await detector.settle();
  }
  detector.endSpeech();
  await detector.settle();
  await model.release();
  return { facts, errors, windowMs, loadMs, inCharge: detector.model.name };
}

/**
 * @param {ListenOptions['model']} name
 * @param {Required<ListenOptions>['urls']} urls
 */
async function load(name, urls) {
  if (name === 'energy') return new EnergyModel();
  const { loadSilero } = await import(/* @vite-ignore */ urls.module);
  return loadSilero({ model: name, modelUrl: urls.model, ortWasmUrl: urls.ortWasm });
}

/**
 * The model, with the time of each window written down.
 *
 * @param {import('../../src/engine/vad/probability-model.ts').ProbabilityModel} model
 * @param {number[]} windowMs
 */
function timed(model, windowMs) {
  const timing =
    (/** @type {(frames: Float32Array) => number | Promise<number>} */ judge) =>
    async (/** @type {Float32Array} */ frames) => {
      const start = performance.now();
      const probability = await judge(frames);
      windowMs.push(performance.now() - start);
      return probability;
    };
  return {
    name: model.name,
    windowFrames: model.windowFrames,
    probability: timing((window) => model.probability(window)),
    ...(model.peek && { peek: timing((frames) => model.peek?.(frames) ?? 0) }),
    reset: () => model.reset(),
    release: () => model.release(),
  };
}
