/** What the codecs' figures and their test against real tools run in a worker of Chromium. */

import { assembleFile } from '../../src/codecs/assemble-file.ts';
import { readOggOpus } from '../../src/codecs/read-ogg-opus.ts';
import { LOW_PASSES } from '../../src/codecs/kaiser-sinc.ts';
import { Resampler } from '../../src/codecs/resampler.ts';
import { checkEncoder, createSegmentEncoder } from '../../src/codecs/segment-encoder.ts';
import { wasmCodecs } from '../../src/codecs/wasm/wasm-codecs.ts';
import { openOpusDecoding } from '../../src/codecs/webcodecs-opus-decoding.ts';
import { measureResampler } from './resampler-quality.mjs';

const file = (/** @type {string} */ name) => new URL(name, location.origin).href;

wasmCodecs.locate({
  opusEncoder: file('opus.encoder.js'),
  opusDecoder: file('opus.decoder.js'),
  mp3Encoder: file('mp3.encoder.js'),
  lame: file('lame.wasm'),
  mp3Decoder: file('mp3.decoder.js'),
});

/** @type {Float32Array | undefined} */
let speech;

/** Raw 32-bit float samples, from `/speech`. */
async function loadSpeech() {
  speech ??= new Float32Array(await (await fetch('/speech')).arrayBuffer());
  return speech;
}

/**
 * Encodes `samples` of the speech (all by default) as one segment, written in blocks as the engine does.
 *
 * @param {{ format: 'opus' | 'wav' | 'mp3', sampleRate?: number, bitrate?: number, opus?: object, samples?: number, chunkMs?: number,
 *   cutTo?: number, trimTo?: number }} options `cutTo`: only so many chunks reach the file, as after a crash.
 */
export async function encode(options) {
  const { format, sampleRate = 48_000, bitrate = 24_000, opus = {}, chunkMs = 100 } = options;
  const input = (await loadSpeech()).subarray(0, options.samples);
  /** @type {ArrayBuffer[]} */
  const chunks = [];
  let failure;
  const choice = { format, sampleRate, bitrate, opus };
  await checkEncoder(choice);
  const began = performance.now();
  const encoder = createSegmentEncoder({
    ...choice,
    chunkMs,
    onChunk: (chunk) => chunks.push(chunk),
    onError: (error) => (failure = error),
  });
  for (let frame = 0; frame < input.length; frame += 4_096) encoder.write(input.subarray(frame, frame + 4_096));
  await encoder.finish();
  if (failure) throw failure;
  const ms = performance.now() - began;
  const { facts } = encoder;
  encoder.close();
  const { file, samples } = assembleFile({
    format,
    sampleRate,
    chunks: chunks.slice(0, options.cutTo),
    ...(options.trimTo === undefined ? {} : { samples: options.trimTo }),
  });
  return { base64: file.toBase64(), samples, facts, ms, chunks: chunks.length };
}

/**
 * Resamples `seconds` of noise in blocks of 512 frames, as the tap sends them.
 *
 * @param {'fast' | 'best'} quality
 */
export function resample(inputRate, outputRate, seconds, quality = 'best') {
  const noise = Float32Array.from({ length: inputRate }, () => Math.random() - 0.5);
  const resampler = new Resampler(inputRate, outputRate, LOW_PASSES[quality]);
  let outputFrames = 0;
  const began = performance.now();
  for (let second = 0; second < seconds; second += 1)
    for (let frame = 0; frame < inputRate; frame += 512)
      outputFrames += resampler.process(noise.subarray(frame, frame + 512)).length;
  outputFrames += resampler.flush().length;
  return { ms: performance.now() - began, outputFrames };
}

/**
 * What a pair of rates does to tones.
 *
 * @param {'fast' | 'best'} quality
 */
export function resamplerQuality(from, to, quality = 'best') {
  const lowPass = LOW_PASSES[quality];
  return measureResampler((...rates) => new Resampler(...rates, lowPass), from, to, lowPass.passBandEdge);
}

/** The same in a browser that has no encoder of its own. */
export function encodeWithoutBrowser(options) {
  Reflect.deleteProperty(globalThis, 'AudioEncoder');
  return encode(options);
}

/**
 * What packets of the speech decode to, by the browser's decoder, or without it by ours.
 *
 * @param {boolean} byBrowser
 */
export async function decodePackets(byBrowser) {
  const { base64 } = await encode({ format: 'opus', samples: 48_000 });
  const { packets } = readOggOpus(Uint8Array.fromBase64(base64));
  if (!byBrowser) Reflect.deleteProperty(globalThis, 'AudioDecoder');
  /** @type {number[]} */
  const heard = [];
  const decoding = await openOpusDecoding({
    pcm: (samples) => heard.push(...samples),
    error: (error) => {
      throw error;
    },
  });
  for (const packet of packets) decoding.decode(packet);
  await decoding.flush();
  decoding.close();
  return { heard, frames: packets.length * 960 };
}
