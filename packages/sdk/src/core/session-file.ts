import type { Gap, Mark } from './gap.ts';
import type { Speaker } from './turn.ts';

/** `stereo`: the user left, the bot right. `mono`: both added up at unity gain, clamped at full scale. */
export type SessionLayout = 'stereo' | 'mono';

/** What a file of a session can be. */
export type SessionFileFormat = 'opus' | 'wav' | 'mp3';

/** What a session file is kept as. Its lanes are joined packet by packet, and MP3 has none that could be. */
export type KeptFileFormat = Exclude<SessionFileFormat, 'mp3'>;

/** The facts of a file that holds a stretch of a session: all of it, or what was asked for. Times from its first sample. */
export interface SessionFileFacts {
  sessionId: string;
  format: SessionFileFormat;
  /** What each channel holds, in order: `['user', 'bot']` is left and right. */
  channels: readonly (Speaker | 'mix')[];
  numChannels: 1 | 2;
  /** Of the decoded file, in Hz. Opus always decodes at 48000. */
  sampleRate: number;
  /** Decoded samples of each channel. */
  samples: number;
  durationMs: number;
  /** Wall time of the first sample, milliseconds since 1970. */
  startedAt: number;
  /** Where on the session's timeline it begins, in milliseconds. 0 for a whole session. */
  sessionStartMs: number;
  /** `recorded`: the session file was kept (`record.session`). `silence`: built from the segments, nothing else is known. */
  betweenTurns: 'recorded' | 'silence';
  /** What could not be captured; it is silent. `speaker` null: both. */
  gaps: readonly (Gap & { speaker: Speaker | null })[];
  /** What is silent on purpose. */
  marks: readonly (Mark & { speaker: Speaker })[];
  /** How its codec was set. `passedThrough`: the packets that were kept, not encoded a second time. */
  encoder: Readonly<Record<string, unknown>>;
  schema: 1;
}
