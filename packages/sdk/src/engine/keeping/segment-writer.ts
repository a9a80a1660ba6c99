import { assembleFile } from '../../codecs/assemble-file.ts';
import { LOW_PASSES } from '../../codecs/kaiser-sinc.ts';
import { Resampler } from '../../codecs/resampler.ts';
import { type SegmentEncoder, createSegmentEncoder } from '../../codecs/segment-encoder.ts';
import type { TurntapeError } from '../../core/errors.ts';
import type { OpusOptions } from '../../core/opus-options.ts';
import { PeakMeter } from '../../core/peaks.ts';
import type { SegmentFormat } from '../../core/segment.ts';
import type { ResamplerQuality } from '../../core/settings.ts';
import type { SegmentChunks } from './segment-chunks.ts';

/**
 * Audio per chunk: the unit of loss. 40 ms leave 60 for the way from the microphone to the commit, so that a killed tab costs at
 * most 100 ms on a machine that has time; a commit takes 0.8 ms (measured), 2 to 3 % of the time that it holds, and what comes
 * while a slow one runs goes with the next (`ChunkQueue`).
 */
const CHUNK_MS = 40;

export interface SegmentWriterOptions {
  format: SegmentFormat;
  /** Rate of what is written, and of the file, in Hz. */
  inputRate: number;
  fileRate: number;
  bitrate: number;
  /** Default `best`. */
  resampler?: ResamplerQuality | undefined;
  /** Of Opus, its engine included. */
  opus?: OpusOptions;
  /** Where the chunks go. */
  chunks: Pick<SegmentChunks, 'append' | 'all'>;
  onError: (error: TurntapeError) => void;
}

/** The finished file: bytes, and the number of samples it decodes to. */
export interface WrittenFile {
  audio: Uint8Array<ArrayBuffer>;
  samples: number;
  encoder: Readonly<Record<string, unknown>>;
}

/** Turns one stretch of a track into the bytes of one file: resampled, encoded, committed chunk by chunk. */
export class SegmentWriter {
  readonly #options: SegmentWriterOptions;
  readonly #resampler: Resampler;
  readonly #encoder: SegmentEncoder;
  readonly #peaks: PeakMeter;

  constructor(options: SegmentWriterOptions) {
    this.#options = options;
    const { format, inputRate, fileRate, resampler = 'best', bitrate, opus, chunks, onError } = options;
    this.#resampler = new Resampler(inputRate, fileRate, LOW_PASSES[resampler]);
    this.#peaks = new PeakMeter(fileRate);
    this.#encoder = createSegmentEncoder({
      format,
      sampleRate: fileRate,
      bitrate,
      ...(opus && { opus }),
      chunkMs: CHUNK_MS,
      onChunk: (bytes) => chunks.append(bytes),
      onError,
    });
  }

  write(samples: Float32Array): void {
    this.#encode(this.#resampler.process(samples));
  }

  /** What is encoded goes into a chunk now. */
  keepNow(): void {
    this.#encoder.flush();
  }

  /** Ends the file after `frames` of what was written; what lies beyond is trimmed. Settles when every chunk is kept. */
  async finish(frames: number): Promise<WrittenFile> {
    const { format, inputRate, fileRate, chunks } = this.#options;
    try {
      this.#encode(this.#resampler.flush());
      await this.#encoder.finish();
      const samples = Math.round((frames * fileRate) / inputRate);
      const assembled = assembleFile({ format, sampleRate: fileRate, chunks: await chunks.all(), samples });
      return { audio: assembled.file, samples: assembled.samples, encoder: this.#encoder.facts };
    } finally {
      this.#encoder.close();
    }
  }

  /** The outline of the first `samples` of the file, packed. */
  peaks(samples: number): ArrayBuffer {
    return this.#peaks.pack(samples);
  }

  /** Gives the file up. */
  close(): void {
    this.#encoder.close();
  }

  #encode(samples: Float32Array): void {
    this.#peaks.write(samples);
    this.#encoder.write(samples);
  }
}
