import { type Model, Silero, SileroLegacy } from '@ricky0123/vad-web/dist/models/index.js';
import * as ort from 'onnxruntime-web/wasm';
import { TurntapeError } from '../../core/errors.ts';
import { fetchAsset } from '../../codecs/fetch-asset.ts';
import type { ProbabilityModel } from './probability-model.ts';

/** Absolute addresses: nothing is resolved here, and nothing else is fetched. */
export interface SileroOptions {
  model: 'v6' | 'v5' | 'legacy';
  /** The model's `.onnx` file. */
  modelUrl: string;
  /** `ort-wasm-simd-threaded.wasm` of onnxruntime-web. */
  ortWasmUrl: string;
}

/** 96 ms for the legacy model (Silero v4), 32 ms for the others. */
const WINDOW_FRAMES = { v6: 512, v5: 512, legacy: 1536 } as const;

/** ONNX Runtime is one per thread: its WebAssembly is fetched for the first model, and again only if that failed. */
let runtimeReady = false;

/**
 * Fetches a Silero model and the runtime it needs, and runs it once on silence: the first run costs a hundred times as
 * much as the others. This is the one export of `dist/vad.silero.js`, which the engine imports when a model is asked for.
 *
 * Needs no more of a content security policy than `script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'`: one thread,
 * no worker of its own, no `blob:`, no `data:`.
 *
 * Rejects with `asset_not_found` when a file is not where its address says, and with `vad_failed` for anything else.
 */
export async function loadSilero(options: SileroOptions): Promise<ProbabilityModel> {
  const [weights, runtime] = await Promise.all([
    fetchAsset(options.modelUrl, 'the voice detector’s model', 'vad_failed'),
    runtimeReady ? undefined : fetchAsset(options.ortWasmUrl, 'the voice detector’s WebAssembly', 'vad_failed'),
  ]);
  try {
    return await createModel(options.model, weights, runtime);
  } catch (cause) {
    throw new TurntapeError('vad_failed', `The voice detector '${options.model}' could not be started.`, { cause });
  } finally {
    // 14 MB that the runtime has compiled by now.
    delete ort.env.wasm.wasmBinary;
  }
}

async function createModel(
  name: SileroOptions['model'],
  weights: ArrayBuffer,
  runtime: ArrayBuffer | undefined,
): Promise<ProbabilityModel> {
  ort.env.logLevel = 'error';
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  if (runtime) ort.env.wasm.wasmBinary = runtime;
  const create = name === 'legacy' ? SileroLegacy.new : Silero.new;
  const silero = await create(ort, () => Promise.resolve(weights));
  runtimeReady = true;
  const model = toProbabilityModel(name, silero);
  await model.probability(new Float32Array(model.windowFrames));
  model.reset();
  return model;
}

function toProbabilityModel(name: SileroOptions['model'], silero: Model): ProbabilityModel {
  const windowFrames = WINDOW_FRAMES[name];
  let last: Float32Array = new Float32Array(windowFrames);
  return {
    name,
    windowFrames,
    async probability(window) {
      last = window;
      return (await silero.process(window)).isSpeech;
    },
    async peek(frames) {
      const window = new Float32Array(windowFrames);
      window.set(last.subarray(frames.length));
      window.set(frames, windowFrames - frames.length);
      const restore = forgetAfter(silero, last.slice(0, frames.length));
      try {
        return (await silero.process(window)).isSpeech;
      } finally {
        restore();
      }
    },
    reset() {
      last = new Float32Array(windowFrames);
      silero.reset_state();
    },
    release: () => silero.release(),
  };
}

/** Silero v5 and v6 hear so many frames again before each window. */
const CONTEXT_FRAMES = 64;

/**
 * Vad-web's models keep what they remember in fields that each run replaces: to forget a run they are put back. `before`:
 * what lies before the window that comes.
 */
function forgetAfter(model: Model, before: Float32Array): () => void {
  if (model instanceof SileroLegacy) {
    const kept = { _h: model['_h'], _c: model['_c'] };
    return () => Object.assign(model, kept);
  }
  if (!(model instanceof Silero)) throw new TypeError('a model of another kind');
  const kept = { _state: model['_state'], _context: model['_context'] };
  const heard = new Float32Array(CONTEXT_FRAMES);
  const known = before.subarray(-CONTEXT_FRAMES);
  heard.set(known, CONTEXT_FRAMES - known.length);
  model['_context'] = heard;
  return () => Object.assign(model, kept);
}
