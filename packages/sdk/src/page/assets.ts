import { TurntapeError } from '../core/errors.ts';
import type { EngineAssets } from '../core/messages/page-engine.ts';

/** Where the files are that are loaded at run time: absolute addresses. */
export interface AssetUrls extends EngineAssets {
  /** The engine's worker, a module. */
  engine: string;
  /** The worklet that taps a source, and the one that plays the bot. */
  tap: string;
  player: string;
}

/**
 * The addresses of our own files; the only place that names them. Without `assetBase` they lie beside this package's
 * `index.js`, or where a bundler put them: bundlers find the literals below and copy the files, which is why each is
 * written out. With `assetBase`, a folder's address absolute or relative to the page, they lie there under their own
 * names, as `npx turntape copy-assets DIR` puts them.
 *
 * Nothing is resolved before the call. Throws `invalid_option` for an `assetBase` that is no address.
 */
export function resolveAssets(assetBase?: string | URL): AssetUrls {
  if (assetBase !== undefined) return assetsIn(assetBase);
  return {
    engine: absolute(new URL('./engine.worker.js?no-inline', import.meta.url)),
    tap: absolute(new URL('./tap.worklet.js?no-inline', import.meta.url)),
    player: absolute(new URL('./player.worklet.js?no-inline', import.meta.url)),
    codecs: {
      opusEncoder: absolute(new URL('./opus.encoder.js?no-inline', import.meta.url)),
      opusDecoder: absolute(new URL('./opus.decoder.js?no-inline', import.meta.url)),
      mp3Encoder: absolute(new URL('./mp3.encoder.js?no-inline', import.meta.url)),
      lame: absolute(new URL('./lame.wasm?no-inline', import.meta.url)),
      mp3Decoder: absolute(new URL('./mp3.decoder.js?no-inline', import.meta.url)),
    },
    sealer: absolute(new URL('./sealer.js?no-inline', import.meta.url)),
    vadModule: absolute(new URL('./vad.silero.js?no-inline', import.meta.url)),
    ortWasm: absolute(new URL('./ort-wasm-simd-threaded.wasm?no-inline', import.meta.url)),
    models: {
      v6: absolute(new URL('./silero_vad_v6.onnx?no-inline', import.meta.url)),
      v5: absolute(new URL('./silero_vad_v5.onnx?no-inline', import.meta.url)),
      legacy: absolute(new URL('./silero_vad_legacy.onnx?no-inline', import.meta.url)),
    },
  };
}

function assetsIn(assetBase: string | URL): AssetUrls {
  const folder = folderUrl(assetBase);
  const file = (name: string): string => new URL(name, folder).href;
  return {
    engine: file('engine.worker.js'),
    tap: file('tap.worklet.js'),
    player: file('player.worklet.js'),
    codecs: {
      opusEncoder: file('opus.encoder.js'),
      opusDecoder: file('opus.decoder.js'),
      mp3Encoder: file('mp3.encoder.js'),
      lame: file('lame.wasm'),
      mp3Decoder: file('mp3.decoder.js'),
    },
    sealer: file('sealer.js'),
    vadModule: file('vad.silero.js'),
    ortWasm: file('ort-wasm-simd-threaded.wasm'),
    models: {
      v6: file('silero_vad_v6.onnx'),
      v5: file('silero_vad_v5.onnx'),
      legacy: file('silero_vad_legacy.onnx'),
    },
  };
}

function folderUrl(assetBase: string | URL): URL {
  try {
    const url = new URL(absolute(assetBase));
    if (!url.pathname.endsWith('/')) url.pathname += '/';
    return url;
  } catch (cause) {
    throw new TurntapeError('invalid_option', `assetBase is no address: ${String(assetBase)}`, {
      field: 'assetBase',
      cause,
    });
  }
}

/** Webpack and Turbopack give a bare path where a URL should be, so it is resolved once more. Outside a page as it is. */
function absolute(url: string | URL): string {
  return typeof location === 'undefined' ? new URL(url).href : new URL(url, location.href).href;
}
