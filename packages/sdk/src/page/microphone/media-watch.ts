import { droppedMs, playbackStats } from './media-stats.ts';

/** What the browser lost since the last look, in milliseconds of audio. */
export interface MediaLosses {
  droppedMs: number;
  underrunMs: number;
}

/** Frames that a browser counts late are not worth an entry: less than this is rounding. */
const SMALLEST_MS = 1;

/**
 * Looks at what the browser counts of the microphone and of the loudspeaker. A counter that is absent says nothing; one
 * that is new, or of a track that is silent on purpose, is where the counting begins.
 */
export class MediaWatch {
  #track: { of: MediaStreamTrack; droppedMs: number } | undefined;
  #context: { of: AudioContext; underrunMs: number } | undefined;

  look(track: MediaStreamTrack, context: AudioContext): MediaLosses {
    const dropped = droppedMs(track);
    const underrun = playbackStats(context)?.underrunMs;
    const listens = !track.muted && track.enabled && track.readyState === 'live';
    const losses = {
      droppedMs: this.#track?.of === track && listens ? grown(this.#track.droppedMs, dropped) : 0,
      underrunMs: this.#context?.of === context ? grown(this.#context.underrunMs, underrun) : 0,
    };
    // A loss too small to tell is told with the next.
    if (this.#track?.of !== track || !listens || losses.droppedMs > 0)
      this.#track = { of: track, droppedMs: dropped ?? 0 };
    if (this.#context?.of !== context || losses.underrunMs > 0)
      this.#context = { of: context, underrunMs: underrun ?? 0 };
    return losses;
  }
}

function grown(before: number, now: number | undefined): number {
  const by = (now ?? before) - before;
  return by >= SMALLEST_MS ? by : 0;
}
