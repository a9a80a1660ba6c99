import type { TurntapeErrorCode } from 'turntape';
import type { Standing } from './delivery/standing.ts';
import type { FailureText } from './failure-texts.ts';
import type { KnownDenial } from './microphone-denial.ts';
import { DEFAULT_TEXTS } from './texts-english.ts';
import type { TurnDelivery } from './turn-list.ts';

/** What the microphone and the session are doing, as the element shows it. */
export type RecorderPhase =
  | 'idle'
  | 'consent'
  | 'starting'
  | 'recording'
  | 'not-sampled'
  | 'suspended'
  | 'stopping'
  | 'ended'
  | 'failed';

/** Why a running session captures nothing at the moment. */
export type HoldReason = 'suspended' | 'interrupted' | 'rebuilding';

/** What is the matter with a microphone that is open. */
export type MicrophoneTrouble = 'silent' | 'muted' | 'lost';

/** What delivery is told with. */
export interface StandingFacts {
  /** Turns of this session whose files are delivered, and all that have files. */
  delivered: number;
  total: number;
  /** Files of earlier sessions that still wait on this device. */
  backlog: number;
  /** Files that the server refused. */
  rejected: number;
  /** Until everything is sent, at the speed of the last deliveries; until the next try when `waiting`, 0 while it is made. Undefined: nobody knows. */
  remainingMs: number | undefined;
}

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
  /** Beside the browser's own question for the microphone. */
  asking: FailureText;
  user: string;
  bot: string;
  /** Names the waveform to a screen reader. */
  waveform: string;
  levels: string;
  levelOfUser: string;
  levelOfBot: string;
  level(db: number): string;
  silent: string;
  mute: string;
  muted: string;
  /** The button that turns the bot's sound off, and the state. */
  deafen: string;
  deafened: string;
  /** How loud the bot is; and the same as a value, 0 … 100. */
  volume: string;
  volumeValue(percent: number): string;
  talk: Readonly<{ hold: string; talking: string; hint: string }>;
  microphone: string;
  loudspeaker: string;
  /** The one that the system chooses. */
  defaultDevice: string;
  hold: Readonly<Record<HoldReason, FailureText>>;
  resume: string;
  microphoneNews: Readonly<Record<MicrophoneTrouble, FailureText>>;
  /** The bot is heard, and its record is silent. */
  botMissing: FailureText;
  /** Little room is left for recordings. `minutesLeft`: null when nobody can say. */
  lowSpace(minutesLeft: number | null): FailureText;
  /** Nothing can be written while the recording goes on in memory. */
  deviceFull: FailureText;
  turns: string;
  noTurns: string;
  interrupted: string;
  /** Before words that were generated and that nobody heard, for those who do not see how they are drawn. */
  notHeard: string;
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
  /** The line under the list: where everything stands. */
  standing: Readonly<Record<Standing, (facts: StandingFacts) => string>>;
  /** Names the bar of the delivery. */
  progress: string;
  sendNow: string;
  exportAudio: string;
  exportAll: string;
  exporting: string;
  exported(fileName: string): string;
  erase: string;
  eraseQuestion: string;
  /** What erasing means. `atTarget`: the server is asked to erase it, too. */
  eraseMeaning(atTarget: boolean): string;
  eraseYes: string;
  eraseNo: string;
  erased: string;
  withdraw: string;
  withdrawQuestion: string;
  /** What taking the consent back means. `atTarget`: the server is asked to erase its copies, too. */
  withdrawMeaning(atTarget: boolean): string;
  /** Answers: only the consent, or with it all that was recorded. */
  withdrawKeep: string;
  withdrawErase: string;
  withdrawNo: string;
  withdrawn: string;
  withdrawnAndErased: string;
  /** Said to a screen reader, and nowhere to be seen. */
  said: Readonly<{
    recording: string;
    muted: string;
    unmuted: string;
    deafened: string;
    undeafened: string;
    ended(turns: number): string;
    offline: string;
    online: string;
    delivered: string;
    interrupted: string;
  }>;
  tryAgain: string;
  dismiss: string;
  errorCode(code: string): string;
  /** `required` in a form: shown by the browser where nothing was recorded yet. */
  required: string;
  failures: Readonly<Record<TurntapeErrorCode, FailureText>>;
  /** In the place of `failures.microphone_denied`, where it is known what stood in the way. */
  denied: Readonly<Record<KnownDenial, FailureText>>;
  /** For whatever has no code of ours. */
  unknownFailure: FailureText;
}

type TextPatch<Text> = Text extends string | FailureText | ((...args: never[]) => unknown) ? Text : Partial<Text>;

/** Some of the texts; what is missing stays English. Groups are merged one by one. */
export type TurnTapeTextsPatch = { [Name in keyof TurnTapeTexts]?: TextPatch<TurnTapeTexts[Name]> };

/** The English texts with the app's own in their place. */
export function textsWith(patch: TurnTapeTextsPatch | undefined): TurnTapeTexts {
  if (!patch) return DEFAULT_TEXTS;
  const merged = Object.entries(DEFAULT_TEXTS).map(([name, english]: [string, unknown]) => {
    const given: unknown = patch[name as keyof TurnTapeTexts];
    if (given === undefined) return [name, english];
    return [name, isGroup(english) && isGroup(given) ? { ...english, ...given } : given];
  });
  return Object.fromEntries(merged) as TurnTapeTexts;
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
