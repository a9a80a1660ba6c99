import { TurntapeError } from '../../core/errors.ts';
import { importAsset } from '../../core/import-asset.ts';
import type { CodecAssets } from '../../core/messages/page-engine.ts';
import type { Mp3DecoderEngine } from '../mp3/mp3-decoding.ts';
import type { Mp3Engine } from '../mp3/mp3-engine.ts';
import type { OpusDecoderEngine } from '../opus-decoding.ts';
import type { OpusEngine } from '../opus-engine.ts';

/** An empty WebAssembly module: eight bytes, which every policy that allows WebAssembly compiles. */
const EMPTY_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/**
 * The codecs in WebAssembly, each a file of its own that is loaded when first asked for. One set for each thread: what
 * was loaded stays, and every encoder of it is made of the same code.
 */
class WasmCodecs {
  #assets: CodecAssets | undefined;
  #opusEncoder: OpusEngine | undefined;
  #mp3Encoder: Mp3Engine | undefined;

  /** Where the files lie. Without it there are none, and to load one is refused with `unsupported_format`. */
  locate(assets: CodecAssets): void {
    this.#assets = assets;
  }

  get located(): boolean {
    return this.#assets !== undefined;
  }

  /** The Opus encoder, once {@link loadOpusEncoder} has settled. */
  get opusEncoder(): OpusEngine | undefined {
    return this.#opusEncoder;
  }

  /** Errors: `asset_not_found`, `encoder_failed` where a policy forbids WebAssembly, `unsupported_format`. */
  async loadOpusEncoder(): Promise<OpusEngine> {
    if (this.#opusEncoder) return this.#opusEncoder;
    const { opusEncoder } = this.#files();
    const module = await importAsset<{ loadOpusEncoder(): Promise<OpusEngine> }>(opusEncoder, 'The Opus encoder');
    this.#opusEncoder = await module.loadOpusEncoder();
    return this.#opusEncoder;
  }

  /** Errors: as of {@link loadOpusEncoder}. */
  async loadOpusDecoder(): Promise<OpusDecoderEngine> {
    const { opusDecoder } = this.#files();
    const what = 'The Opus decoder';
    const module = await importAsset<{ loadOpusDecoder(): Promise<OpusDecoderEngine> }>(opusDecoder, what);
    return module.loadOpusDecoder();
  }

  /** The MP3 encoder, once {@link loadMp3Encoder} has settled. */
  get mp3Encoder(): Mp3Engine | undefined {
    return this.#mp3Encoder;
  }

  /** Errors: as of {@link loadOpusEncoder}. */
  async loadMp3Encoder(): Promise<Mp3Engine> {
    if (this.#mp3Encoder) return this.#mp3Encoder;
    const { mp3Encoder, lame } = this.#files();
    const module = await importAsset<{ loadMp3Encoder(wasmUrl: string): Promise<Mp3Engine> }>(
      mp3Encoder,
      'The MP3 encoder',
    );
    this.#mp3Encoder = await module.loadMp3Encoder(lame);
    return this.#mp3Encoder;
  }

  /** Errors: as of {@link loadOpusEncoder}. */
  async loadMp3Decoder(): Promise<Mp3DecoderEngine> {
    const { mp3Decoder } = this.#files();
    const what = 'The MP3 decoder';
    const module = await importAsset<{ loadMp3Decoder(): Promise<Mp3DecoderEngine> }>(mp3Decoder, what);
    return module.loadMp3Decoder();
  }

  #files(): CodecAssets {
    if (!this.#assets) throw new TurntapeError('unsupported_format', 'the files of the codecs were not given');
    requireWebAssembly();
    return this.#assets;
  }
}

export const wasmCodecs = new WasmCodecs();

/** A policy without `'wasm-unsafe-eval'` refuses it with an error of its own kind, and so late that nobody can tell. */
function requireWebAssembly(): void {
  try {
    void new WebAssembly.Module(EMPTY_MODULE);
  } catch (cause) {
    const message =
      "WebAssembly is not allowed here: add 'wasm-unsafe-eval' to script-src of the content security policy, " +
      "or use format 'wav'";
    throw new TurntapeError('encoder_failed', message, { field: 'encoder.engine', cause });
  }
}
