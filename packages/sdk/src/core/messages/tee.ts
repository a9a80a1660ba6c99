/** The user's audio as an app gets it beside the recorder: `session.user.tee()`. App ⇄ engine, by a port of its own. */

/** Signed 16 bit, little endian on every machine that runs a browser, or floats from −1 to 1. Mono. */
export type TeeFormat = 'i16' | 'f32';

/** What `session.user.tee()` is asked for. */
export interface TeeOptions {
  /** In Hz, 8000 … 48000. Default 16000. */
  sampleRate?: number;
  /** Length of a frame, 20 … 100 ms. Default 20. */
  frameMs?: number;
  /** Default `i16`. */
  format?: TeeFormat;
}

/** Each with its value. */
export type TeeSettings = Required<TeeOptions>;

export const TEE_DEFAULTS: Readonly<TeeSettings> = Object.freeze({ sampleRate: 16_000, frameMs: 20, format: 'i16' });

/** So much is under way to a reader who has not taken it; the rest waits in the engine. */
export const TEE_AHEAD_MS = 1000;

/** So much waits in the engine for a reader who is slow; then the oldest is let go, and the reader is told. As a track's own queue. */
export const TEE_WAITING_MS = 10_000;

/** A frame of the user's audio. Those of a tee, one behind the other, are the user's track without a hole, but for `lostMs`. */
export interface TeeFrame {
  /** Its samples, whole frames of one length; only the last of a session may be shorter. The buffer is the reader's. */
  samples: Int16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  /** Where its first sample lies, in session milliseconds. */
  fromMs: number;
  /** What was let go just before it, since it was not taken in time. 0 for a reader who keeps up. */
  lostMs: number;
}

/** Engine → reader. */
export type TeeMessage =
  | ({ type: 'frame' } & TeeFrame)
  /** The session is over, or there is none: nothing comes any more. */
  | { type: 'end'; sentMs: number; lostMs: number };

/** Reader → engine: a frame was taken, and one more may come; or none is wanted any more. */
export type TeeReply = { type: 'taken' } | { type: 'close' };

export const teeTransferables = (message: TeeMessage): readonly unknown[] =>
  message.type === 'frame' ? [message.samples.buffer] : [];

/** What the engine counts of a tee. */
export interface TeeStats extends TeeSettings {
  sentMs: number;
  /** What waits for the reader: under way and not taken, and in the engine. */
  waitingMs: number;
  /** What was let go, since the reader did not take it in time. */
  lostMs: number;
}
