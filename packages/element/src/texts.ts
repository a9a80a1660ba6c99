import type { TurntapeErrorCode } from 'turntape';
import { DEFAULT_FAILURES, UNKNOWN_FAILURE } from './failure-texts.ts';
import type { FailureText } from './failure-texts.ts';
import type { TurnDelivery } from './turn-list.ts';

/** What the microphone and the session are doing, as the element shows it. */
export type RecorderPhase =
  | 'idle'
  | 'consent'
  | 'starting'
  | 'recording'
  | 'suspended'
  | 'stopping'
  | 'ended'
  | 'failed';

/** Every text of the element. All of them can be replaced, in one language or another, through `element.texts`. */
export interface TurnTapeTexts {
  /** Names the element to a screen reader. */
  recorder: string;
  start: string;
  startAgain: string;
  cancel: string;
  stop: string;
  agree: string;
  consent: string;
  phase: Readonly<Record<RecorderPhase, string>>;
  user: string;
  bot: string;
  levels: string;
  levelOfUser: string;
  levelOfBot: string;
  level(db: number): string;
  silent: string;
  turns: string;
  noTurns: string;
  interrupted: string;
  /** What was heard of what the bot was given to say. `generatedMs` is null for an attached stream. */
  heard(heardMs: number, generatedMs: number | null): string;
  /** Where in the session a turn began. */
  beganAt(sessionMs: number): string;
  answeredAfter(latencyMs: number): string;
  duration(ms: number): string;
  delivery: Readonly<Record<TurnDelivery, string>>;
  /** What each state means, as a hint beside its word. */
  deliveryHint: Readonly<Record<TurnDelivery, string>>;
  play(speaker: string, position: number, duration: string): string;
  stopPlaying(speaker: string, position: number): string;
  audioGone: string;
  audioUnplayable: string;
  /** The line under the list. */
  delivered(acknowledged: number, total: number): string;
  tryAgain: string;
  dismiss: string;
  errorCode(code: string): string;
  failures: Readonly<Record<TurntapeErrorCode, FailureText>>;
  /** For whatever has no code of ours. */
  unknownFailure: FailureText;
}

/** Some of the texts; what is missing stays English. */
export type TurnTapeTextsPatch = Partial<Omit<TurnTapeTexts, 'failures' | 'phase' | 'delivery' | 'deliveryHint'>> & {
  phase?: Partial<TurnTapeTexts['phase']>;
  delivery?: Partial<TurnTapeTexts['delivery']>;
  deliveryHint?: Partial<TurnTapeTexts['deliveryHint']>;
  failures?: Partial<TurnTapeTexts['failures']>;
};

/** `4.2 s`, and from a minute on `1:04 min`. */
function duration(ms: number): string {
  const tenths = Math.round(ms / 100) / 10;
  if (tenths < 60) return `${tenths.toFixed(1)} s`;
  return `${runningTime(ms)} min`;
}

/** `1:04`: a place in the session. */
export function runningTime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** The English texts. */
export const DEFAULT_TEXTS: Readonly<TurnTapeTexts> = {
  recorder: 'Conversation recorder',
  start: 'Start',
  startAgain: 'Start again',
  cancel: 'Cancel',
  stop: 'Stop',
  agree: 'Agree and start',
  consent: 'This conversation is recorded, turn by turn. Nothing is captured before you agree.',
  phase: {
    idle: 'Ready',
    consent: 'Waiting for your consent',
    starting: 'Opening the microphone',
    recording: 'Recording',
    suspended: 'On hold',
    stopping: 'Finishing',
    ended: 'Ended',
    failed: 'Not recording',
  },
  user: 'You',
  bot: 'Bot',
  levels: 'Levels',
  levelOfUser: 'Your microphone',
  levelOfBot: 'The bot’s voice',
  level: (db) => `${db} dB`,
  silent: 'silent',
  turns: 'Turns',
  noTurns: 'Turns appear here while you talk.',
  interrupted: 'Interrupted',
  heard: (heardMs, generatedMs) => {
    if (generatedMs === null) return `heard ${duration(heardMs)}`;
    const [heard, generated] = [duration(heardMs), duration(generatedMs)];
    return heard === generated ? 'heard in full' : `heard ${heard.replace(/ s$/, '')} of ${generated}`;
  },
  beganAt: (sessionMs) => runningTime(sessionMs),
  answeredAfter: (latencyMs) => `after ${duration(latencyMs)}`,
  duration,
  delivery: {
    recording: 'Recording',
    keeping: 'Keeping',
    kept: 'Kept',
    sent: 'Sent',
    acknowledged: 'Delivered',
    rejected: 'Refused',
    discarded: 'Not kept',
  },
  deliveryHint: {
    recording: 'This turn is being recorded.',
    keeping: 'This turn is being written to this device.',
    kept: 'Safe on this device, not yet sent.',
    sent: 'Its bytes have gone; the server has not confirmed them yet.',
    acknowledged: 'The server proved that it has it.',
    rejected: 'The server refused it. It stays on this device.',
    discarded: 'There was nothing to keep.',
  },
  play: (speaker, position, length) => `Play turn ${position}, ${speaker}, ${length}`,
  stopPlaying: (speaker, position) => `Stop playing turn ${position}, ${speaker}`,
  audioGone: 'This turn’s audio is no longer on this device.',
  audioUnplayable: 'This browser cannot play this turn.',
  delivered: (acknowledged, total) => {
    if (acknowledged === 0) return `${total} on this device`;
    return acknowledged === total ? `All ${total} delivered` : `${acknowledged} of ${total} delivered`;
  },
  tryAgain: 'Try again',
  dismiss: 'Dismiss',
  errorCode: (code) => `Code: ${code}`,
  failures: DEFAULT_FAILURES,
  unknownFailure: UNKNOWN_FAILURE,
};

/** The English texts with the app's own in their place. */
export function textsWith(patch: TurnTapeTextsPatch | undefined): TurnTapeTexts {
  if (!patch) return DEFAULT_TEXTS;
  return {
    ...DEFAULT_TEXTS,
    ...patch,
    phase: { ...DEFAULT_TEXTS.phase, ...patch.phase },
    delivery: { ...DEFAULT_TEXTS.delivery, ...patch.delivery },
    deliveryHint: { ...DEFAULT_TEXTS.deliveryHint, ...patch.deliveryHint },
    failures: { ...DEFAULT_TEXTS.failures, ...patch.failures },
  };
}
