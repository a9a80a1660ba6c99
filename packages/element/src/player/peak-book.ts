import type { Peaks, Speaker } from 'turntape';
import { peaksOf } from 'turntape/peaks';
import { decodeMono } from './decoded-parts.ts';
import { PLAY_RATE } from './lane-audio.ts';
import type { ReviewPart } from './review-session.ts';
import type { ReviewSource } from './review-source.ts';

/** Outlines that are fetched or made at once. */
const AT_ONCE = 3;

/** A quiet microphone is drawn up to four times as tall: 12 dB. */
const MOST_GAIN = 4;

/** What the book needs of its house. */
export interface PeakBookPorts {
  /** One more outline is known. */
  changed(): void;
  /** The file of a part is not there any more. */
  gone(part: ReviewPart): void;
}

/** The outlines of a session's files: kept ones where there are any, else made of the audio, which is let go at once. */
export class PeakBook {
  readonly #ports: PeakBookPorts;
  #source: ReviewSource | undefined;
  readonly #known = new Map<string, Peaks>();
  readonly #tried = new Set<string>();
  #loudest: Record<Speaker, number> = { user: 0, bot: 0 };
  #wanted: readonly ReviewPart[] = [];
  #running = 0;
  #stop = new AbortController();

  constructor(ports: PeakBookPorts) {
    this.#ports = ports;
  }

  /** Outlines in memory. */
  get size(): number {
    return this.#known.size;
  }

  /** True where outlines cost nothing to ask for: all of them may be wanted. */
  get areKept(): boolean {
    return this.#source?.peaks !== undefined;
  }

  /** What fills a lane with the loudest that is known of its speaker. Noise alone is not blown up to look like speech. */
  gain(speaker: Speaker): number {
    return Math.min(MOST_GAIN, 1 / Math.max(0.01, this.#loudest[speaker]));
  }

  of(part: ReviewPart): Peaks | undefined {
    return this.#known.get(part.segmentId);
  }

  /** Takes another source, and forgets what it knew. */
  open(source: ReviewSource | undefined): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#source = source;
    this.#known.clear();
    this.#tried.clear();
    this.#loudest = { user: 0, bot: 0 };
    this.#wanted = [];
  }

  /** What is drawn now, the most visible first. */
  want(parts: readonly ReviewPart[]): void {
    this.#wanted = parts.filter(({ audio, segmentId }) => audio === 'file' && !this.#tried.has(segmentId));
    this.#run();
  }

  #learn({ segmentId, speaker }: ReviewPart, peaks: Peaks): void {
    this.#known.set(segmentId, peaks);
    this.#loudest[speaker] = Math.max(this.#loudest[speaker], furthest(peaks));
  }

  #run(): void {
    const source = this.#source;
    for (const part of this.#wanted) {
      if (!source || this.#running >= AT_ONCE) return;
      if (this.#tried.has(part.segmentId)) continue;
      this.#tried.add(part.segmentId);
      this.#running += 1;
      void this.#read(source, part, this.#stop.signal);
    }
  }

  /** Never rejects: a turn without an outline is drawn as a bar, and why its audio cannot be had is told when it is played. */
  async #read(source: ReviewSource, part: ReviewPart, signal: AbortSignal): Promise<void> {
    const peaks = await outline(source, part, signal).catch(() => undefined);
    this.#running -= 1;
    if (signal.aborted) return this.#run();
    if (peaks === 'gone') this.#ports.gone(part);
    else if (peaks) this.#learn(part, peaks);
    this.#run();
    this.#ports.changed();
  }
}

const furthest = ({ levels }: Peaks): number => {
  const coarsest = levels.at(-1);
  return Math.max(0, ...(coarsest?.max ?? []), ...Array.from(coarsest?.min ?? [], (low) => -low)) / 32_767;
};

async function outline(source: ReviewSource, part: ReviewPart, signal: AbortSignal): Promise<Peaks | 'gone'> {
  if (source.peaks) {
    try {
      return (await source.peaks(part, { signal })) ?? 'gone';
    } catch (thrown) {
      // A format that is not decoded where outlines are kept may still be one that the page decodes.
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'unsupported_format')) throw thrown;
    }
  }
  const file = await source.audio(part, { signal });
  return file ? peaksOf(await decodeMono(file), PLAY_RATE) : 'gone';
}
