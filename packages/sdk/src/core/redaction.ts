import type { Speaker } from './turn.ts';

/** What is to be silent, in session milliseconds (`turn.startMs`, `level.atMs`), `toMs` exclusive. */
export interface RedactionRange {
  fromMs: number;
  /** May lie in the future: what is captured until then is silent too. */
  toMs: number;
  /** One speaker's track alone. Default both. */
  speaker?: Speaker | undefined;
}

/** A file that was rewritten. */
export interface RedactedSegment {
  segmentId: string;
  /** The segment whose place it takes, when that may have left the device; null: rewritten under its own id. */
  replaces: string | null;
}

/** What a redaction came to. */
export interface RedactionResult {
  fromMs: number;
  toMs: number;
  /** The finished files that held a part of it. What was still in memory, or in an open turn, is silent too. */
  segments: readonly RedactedSegment[];
  /** Segments of the range whose file is not on this device any more: only the backend can silence these. */
  missing: readonly string[];
}
