import { PLAY_RATE, type PartAudio } from './lane-audio.ts';
import type { ReviewPart } from './review-session.ts';

/** Files that are read and decoded at once: the browser decodes on a thread of its own. */
const AT_ONCE = 2;

/** What reading needs of its house. */
export interface DecodedPartsPorts {
  /** The file, or undefined: it is not there any more. */
  read(part: ReviewPart, signal: AbortSignal): Promise<ArrayBuffer | undefined>;
  /** One more is decoded, or failed. */
  changed(): void;
  /** A file could not be had; undefined: it is not there. Told once for each. */
  failed(part: ReviewPart, thrown: unknown): void;
}

/** The decoded audio near the playhead: what is wanted is decoded, what is not wanted any more is let go at once. */
export class DecodedParts {
  readonly #ports: DecodedPartsPorts;
  readonly #held = new Map<string, PartAudio>();
  readonly #failed = new Set<string>();
  readonly #running = new Map<string, AbortController>();
  #wanted: readonly ReviewPart[] = [];

  constructor(ports: DecodedPartsPorts) {
    this.#ports = ports;
  }

  /** What is decoded. */
  get all(): PartAudio[] {
    return [...this.#held.values()];
  }

  /** Seconds of audio in memory. */
  get heldSeconds(): number {
    return this.all.reduce((sum, { samples }) => sum + samples.length / PLAY_RATE, 0);
  }

  /** True when nothing more can be expected of it: it is decoded, it failed, or it cannot be played here at all. */
  settled(part: ReviewPart): boolean {
    return part.audio !== 'file' || this.#held.has(part.segmentId) || this.#failed.has(part.segmentId);
  }

  /** What is needed now, the most urgent first; everything else is let go. */
  want(parts: readonly ReviewPart[]): void {
    this.#wanted = parts.filter(({ audio }) => audio === 'file');
    const ids = new Set(this.#wanted.map(({ segmentId }) => segmentId));
    for (const id of this.#held.keys()) if (!ids.has(id)) this.#held.delete(id);
    for (const [id, run] of this.#running) if (!ids.has(id)) run.abort();
    this.#run();
  }

  /** Forgets what failed: it is tried again. */
  retry(): void {
    this.#failed.clear();
    this.#run();
  }

  dispose(): void {
    this.want([]);
  }

  #run(): void {
    for (const part of this.#wanted) {
      if (this.#running.size >= AT_ONCE) return;
      if (this.settled(part) || this.#running.has(part.segmentId)) continue;
      const run = new AbortController();
      this.#running.set(part.segmentId, run);
      void this.#decode(part, run.signal);
    }
  }

  /** Never rejects: a failure is told, and the turn stays silent. */
  async #decode(part: ReviewPart, signal: AbortSignal): Promise<void> {
    try {
      const file = await this.#ports.read(part, signal);
      if (signal.aborted) return;
      const samples = file && (await decodeMono(file));
      if (signal.aborted) return;
      if (samples) this.#held.set(part.segmentId, { part, samples });
      else this.#fail(part, undefined);
    } catch (thrown) {
      if (!signal.aborted) this.#fail(part, thrown);
    } finally {
      this.#running.delete(part.segmentId);
      this.#run();
      if (!signal.aborted) this.#ports.changed();
    }
  }

  #fail(part: ReviewPart, thrown: unknown): void {
    this.#failed.add(part.segmentId);
    this.#ports.failed(part, thrown);
  }
}

/** A file's samples, both channels of a stereo one added up at half. Needs no gesture: nothing is played. */
export async function decodeMono(file: ArrayBuffer): Promise<Float32Array> {
  // A copy: decoding takes the buffer away from whoever else holds it.
  const audio = await new OfflineAudioContext(1, 1, PLAY_RATE).decodeAudioData(file.slice(0));
  const left = audio.getChannelData(0);
  if (audio.numberOfChannels === 1) return left;
  const right = audio.getChannelData(1);
  return left.map((sample, index) => (sample + (right[index] ?? 0)) / 2);
}
