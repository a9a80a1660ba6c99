import type { SessionStats } from '../../core/stats.ts';

/** `MediaStreamTrack.stats` of an audio track: https://w3c.github.io/mediacapture-extensions/#the-mediastreamtrackaudiostats-interface. */
interface TrackStats {
  deliveredFrames?: number;
  totalFrames?: number;
  /** In milliseconds. */
  deliveredFramesDuration?: number;
  totalFramesDuration?: number;
}

/** https://webaudio.github.io/web-audio-api/#AudioPlaybackStats; durations in seconds. */
interface PlaybackStats {
  underrunEvents?: number;
  underrunDuration?: number;
}

/** Null where the browser counts nothing. */
export function microphoneStats(track: MediaStreamTrack): SessionStats['microphone'] {
  const { stats } = track as { stats?: TrackStats };
  if (stats?.deliveredFrames === undefined || stats.totalFrames === undefined) return null;
  return { deliveredFrames: stats.deliveredFrames, droppedFrames: stats.totalFrames - stats.deliveredFrames };
}

/** How much audio the browser dropped between the device and us, in milliseconds. Undefined where it does not say. */
export function droppedMs(track: MediaStreamTrack): number | undefined {
  const { stats } = track as { stats?: TrackStats };
  if (stats?.totalFramesDuration === undefined || stats.deliveredFramesDuration === undefined) return undefined;
  return stats.totalFramesDuration - stats.deliveredFramesDuration;
}

/** Null where the browser counts nothing. */
export function playbackStats(context: AudioContext): SessionStats['playback'] {
  const { playbackStats: stats } = context as { playbackStats?: PlaybackStats };
  if (stats?.underrunEvents === undefined) return null;
  return { underruns: stats.underrunEvents, underrunMs: (stats.underrunDuration ?? 0) * 1000 };
}
