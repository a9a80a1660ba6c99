import type { TrackerNews } from '../../core/turn-tracker.ts';
import type { Speaker } from '../../core/turn.ts';
import type { Track } from './track.ts';

/** The part of a track that may already be written. */
export type TrackView = Pick<Track, 'read' | 'end'>;

/** Who writes: it hears of audio and of turns as if it were `frames` ago. */
export interface Writer {
  audio(speaker: Speaker, from: number, samples: Float32Array): void;
  take(news: readonly TrackerNews[]): void;
}

type Ends = Readonly<Record<Speaker, number>>;

const SPEAKERS = ['user', 'bot'] as const;

/**
 * Keeps the writers a stretch of time behind the tracks: what was captured within it lies in memory alone, and a
 * redaction that reaches it leaves nothing to be found on the disk. With 0 frames it holds nothing back.
 */
export class LookBack {
  readonly #frames: number;
  readonly #tracks: Readonly<Record<Speaker, Track>>;
  #writers: readonly Writer[] = [];
  /** Frame after the last one that the writer has, for each track that has begun. */
  readonly #released = new Map<Speaker, number>();
  readonly #news: { news: readonly TrackerNews[]; at: number; ends: Ends }[] = [];

  constructor(frames: number, tracks: Readonly<Record<Speaker, Track>>) {
    this.#frames = frames;
    this.#tracks = tracks;
  }

  writesTo(...writers: readonly Writer[]): void {
    this.#writers = writers;
  }

  /** What the writer may see of a track. */
  view(speaker: Speaker): TrackView {
    const track = this.#tracks[speaker];
    const released = this.#released;
    if (this.#frames === 0) return track;
    return {
      get end() {
        return released.get(speaker);
      },
      read: (from, to) => track.read(from, Math.min(to, released.get(speaker) ?? 0)),
    };
  }

  /** The next audio of a track, which has it already. */
  audio(speaker: Speaker, from: number, samples: Float32Array): void {
    if (this.#frames === 0) {
      for (const writer of this.#writers) writer.audio(speaker, from, samples);
      return;
    }
    if (!this.#released.has(speaker)) this.#released.set(speaker, from);
    this.#advance(this.#frames);
  }

  take(news: readonly TrackerNews[]): void {
    if (this.#frames === 0) for (const writer of this.#writers) writer.take(news);
    else this.#news.push({ news, at: this.#now(), ends: this.#ends() });
  }

  /** Everything is written now. */
  flush(): void {
    if (this.#frames > 0) this.#advance(0);
  }

  #advance(behind: number): void {
    const written = this.#now() - behind;
    for (let next = this.#news[0]; next && next.at <= written; next = this.#news[0]) {
      this.#news.shift();
      for (const speaker of SPEAKERS) this.#release(speaker, next.ends[speaker]);
      for (const writer of this.#writers) writer.take(next.news);
    }
    const ends = this.#ends();
    for (const speaker of SPEAKERS) this.#release(speaker, ends[speaker] - behind);
  }

  /** As the track has it now: with what was redacted meanwhile. */
  #release(speaker: Speaker, to: number): void {
    const from = this.#released.get(speaker);
    if (from === undefined || to <= from) return;
    this.#released.set(speaker, to);
    const samples = this.#tracks[speaker].read(from, to);
    for (const writer of this.#writers) writer.audio(speaker, from, samples);
  }

  #now(): number {
    return Math.max(...Object.values(this.#ends()));
  }

  #ends(): Ends {
    return { user: this.#tracks.user.end ?? 0, bot: this.#tracks.bot.end ?? 0 };
  }
}
