import { LOW_PASSES } from '../../codecs/kaiser-sinc.ts';
import { Resampler } from '../../codecs/resampler.ts';
import { type SegmentEncoder, createSegmentEncoder } from '../../codecs/segment-encoder.ts';
import { silenceChunk } from '../../codecs/silence.ts';
import type { TurntapeError } from '../../core/errors.ts';
import type { EncoderSettings } from '../../core/settings.ts';
import { SESSION_PACKET_MS } from './session-layout.ts';

/** As for a segment: see `SegmentWriter`. */
const CHUNK_MS = 60;

/** Silence this long ends a run: it is not stored. Longer than the longest packet, so that two runs never overlap. */
const CLOSE_AFTER_MS = 500;

/** An encoder that fails again and again is not made anew for ever. */
const MAX_FAILURES = 3;

const NOTHING = { from: 0, to: 0 };

export interface SessionLaneOptions {
  encoder: EncoderSettings;
  /** Of what is written and of the file, in Hz. */
  clockRate: number;
  fileRate: number;
  /** Frames of the clock that are a whole number of the file's packets: where a run may begin. */
  gridFrames: number;
  /** The next chunk and where it begins: see `SessionChunkRow.start`. */
  onChunk: (start: number, bytes: ArrayBuffer) => void;
  onError: (error: TurntapeError) => void;
}

interface Run {
  resampler: Resampler;
  encoder: SegmentEncoder;
  /** File sample of its first one. */
  start: number;
  /** What is in chunks so far: samples, or coded frames. */
  coded: number;
  /** Pieces of silence at its end, and those of them that the encoder was not given yet. */
  silent: number;
  withheld: Float32Array[];
}

/**
 * One channel of the session file. What sounds is encoded in runs that begin on a grid of whole packets; digital silence
 * between them (a bot that does not speak, a mute, a context that stood still for an hour) takes no work and no room.
 */
export class SessionLane {
  readonly #options: SessionLaneOptions;
  readonly #closing = new Set<Promise<void>>();
  readonly #patience: number;
  #run: Run | undefined;
  #failures = 0;
  #facts: Readonly<Record<string, unknown>> = {};

  constructor(options: SessionLaneOptions) {
    this.#options = options;
    this.#patience = Math.ceil((CLOSE_AFTER_MS * options.clockRate) / 1000 / options.gridFrames);
  }

  /** How its newest run was encoded. */
  get facts(): Readonly<Record<string, unknown>> {
    return this.#run?.encoder.facts ?? this.#facts;
  }

  /** The next samples; `start`, on the grid, is the place of their first one in the file. All but the last fill the grid. */
  write(start: number, samples: Float32Array): void {
    const { gridFrames, clockRate, fileRate } = this.#options;
    for (let at = 0; at < samples.length; at += gridFrames)
      this.#piece(start + (at * fileRate) / clockRate, samples.subarray(at, at + gridFrames));
  }

  /** What is encoded goes into a chunk now. */
  keepNow(): void {
    this.#run?.encoder.flush();
  }

  /** Settles when every chunk is out. */
  async finish(): Promise<void> {
    this.#end();
    while (this.#closing.size > 0) await Promise.all(this.#closing);
  }

  #piece(start: number, samples: Float32Array): void {
    if (isSilent(samples)) {
      this.#silence(samples);
      return;
    }
    const run = (this.#run ??= this.#begin(start));
    if (!run) return;
    for (const silence of run.withheld.splice(0)) this.#encode(run, silence);
    run.silent = 0;
    this.#encode(run, samples);
  }

  #silence(samples: Float32Array): void {
    const run = this.#run;
    if (!run) return;
    // The first one goes in at once: the resampler rings on into it.
    if (run.silent === 0) this.#encode(run, samples);
    else run.withheld.push(samples);
    run.silent += 1;
    if (run.silent > this.#patience) this.#end();
  }

  #encode(run: Run, samples: Float32Array): void {
    run.encoder.write(run.resampler.process(samples));
  }

  #begin(start: number): Run | undefined {
    if (this.#failures >= MAX_FAILURES) return undefined;
    const { encoder, clockRate, fileRate, onChunk } = this.#options;
    const { format, bitrate, opus, resampler = 'best' } = encoder;
    const run: Run = {
      resampler: new Resampler(clockRate, fileRate, LOW_PASSES[resampler]),
      encoder: createSegmentEncoder({
        format,
        bitrate,
        ...(opus && { opus: { ...opus, frameMs: SESSION_PACKET_MS } }),
        sampleRate: fileRate,
        chunkMs: CHUNK_MS,
        onChunk: (bytes) => {
          const at = run.start + run.coded;
          run.coded = silenceChunk(format, bytes, run.coded, NOTHING).end;
          onChunk(at, bytes);
        },
        onError: (error) => this.#failed(run, error),
      }),
      start: Math.round(start),
      coded: 0,
      silent: 0,
      withheld: [],
    };
    return run;
  }

  #end(): void {
    const run = this.#run;
    if (!run) return;
    this.#run = undefined;
    // Its last chunks come when it is closed, and may be its first: they are told with how they were made.
    this.#facts = run.encoder.facts;
    const closing = this.#close(run)
      .catch((thrown: unknown) => this.#failed(run, thrown as TurntapeError))
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  async #close(run: Run): Promise<void> {
    try {
      run.encoder.write(run.resampler.flush());
      await run.encoder.finish();
      this.#facts = run.encoder.facts;
    } finally {
      run.encoder.close();
    }
  }

  /** What was in it is lost; the next sound begins another run. */
  #failed(run: Run, error: TurntapeError): void {
    if (this.#run === run) this.#run = undefined;
    this.#failures += 1;
    this.#options.onError(error);
  }
}

/** A loop: this looks at every sample of a session. */
function isSilent(samples: Float32Array): boolean {
  for (let index = 0; index < samples.length; index += 1) if (samples[index] !== 0) return false;
  return true;
}
