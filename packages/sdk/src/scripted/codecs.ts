import { wasmCodecs } from '../codecs/wasm/wasm-codecs.ts';

const source = (name: string): string => new URL(`../codecs/wasm/${name}.ts`, import.meta.url).href;

/**
 * The codecs in WebAssembly from their sources, as Vite serves them. libopus' encoder is not among them: it is a file of
 * another kind, which only the build makes a module of.
 */
export function locateCodecs(): void {
  wasmCodecs.locate({
    opusEncoder: source('none'),
    opusDecoder: source('opus-decoder'),
    mp3Encoder: source('mp3-encoder'),
    lame: new URL('../../node_modules/wasm-media-encoders/wasm/mp3.wasm', import.meta.url).href,
    mp3Decoder: source('mp3-decoder'),
  });
}
