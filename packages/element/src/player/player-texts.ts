import type { GapCause } from 'turntape';
import { DEFAULT_FAILURES, UNKNOWN_FAILURE, type FailureText } from '../failure-texts.ts';
import { runningTime } from '../time-texts.ts';
import type { ReviewHole } from './review-session.ts';

/** Every text of the player. All of them can be replaced, in one language or another, through `element.texts`. */
export interface PlayerTexts {
  /** Names the element to a screen reader. */
  player: string;
  user: string;
  bot: string;
  idle: string;
  loading: string;
  empty: string;
  live: string;
  /** Told once, when a session is there. */
  loaded(turns: number, durationMs: number): string;
  /** Day and time of a session. */
  began(startedAt: number): string;
  turnCount(count: number): string;
  interruptionCount(count: number): string;
  medianLatency(ms: number): string;
  play: string;
  pause: string;
  waiting: string;
  previousTurn: string;
  nextTurn: string;
  speed: string;
  speedOf(speed: number): string;
  zoomIn: string;
  zoomOut: string;
  zoomFit: string;
  timeline: string;
  /** `1:04`, on the screen. */
  time(ms: number): string;
  /** A place in words, for a screen reader. */
  place(ms: number, durationMs: number, speaking: readonly string[], hole: string | undefined): string;
  volumeOf(speaker: string): string;
  muteLane(speaker: string): string;
  transport: string;
  view: string;
  turns: string;
  turnAt(position: number, total: number, speaker: string, ms: number): string;
  playTurn(position: number, speaker: string, duration: string): string;
  stopTurn(position: number, speaker: string): string;
  goTo(position: number, speaker: string, ms: number): string;
  noWords: string;
  duration(ms: number): string;
  interrupted: string;
  heard(heardMs: number, generatedMs: number | null): string;
  answeredAfter(latencyMs: number): string;
  unheard(ms: number): string;
  playUnheard(position: number): string;
  stopUnheard(position: number): string;
  neverHeard: string;
  /** Before words that were generated and that nobody heard, for those who do not see how they are drawn. */
  notHeard: string;
  sealed: string;
  gone: string;
  goneTo(url: string): string;
  downloadTurn(position: number, speaker: string): string;
  downloadSession: string;
  downloadBundle: string;
  downloads: string;
  /** Why there is no sound, on the timeline and in the list. */
  hole(hole: ReviewHole, speaker: string, cause: string | undefined): string;
  /** The same in one word, on the timeline. */
  holeWord: Readonly<Record<ReviewHole['kind'], string>>;
  gapCause: Readonly<Record<GapCause, string>>;
  tryAgain: string;
  dismiss: string;
  errorCode(code: string): string;
  /** By code: those of `TurntapeError`, and `not_found`. */
  failures: Readonly<Record<string, FailureText>>;
  unknownFailure: FailureText;
}

/** Some of the texts; what is missing stays English. */
export type PlayerTextsPatch = Partial<Omit<PlayerTexts, 'failures' | 'gapCause'>> & {
  failures?: PlayerTexts['failures'];
  gapCause?: Partial<PlayerTexts['gapCause']>;
};

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/** `4.2 s`, and from a minute on `1:04 min`. */
function duration(ms: number): string {
  const tenths = Math.round(ms / 100) / 10;
  return tenths < 60 ? `${tenths.toFixed(1)} s` : `${time(ms)} min`;
}

/** `1:04`, and from an hour on `1:02:09`. */
function time(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  if (hours === 0) return runningTime(ms);
  return `${hours}:${runningTime(ms - hours * 3_600_000).padStart(5, '0')}`;
}

/** `1 minute 4 seconds`. */
function inWords(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [
    [Math.floor(seconds / 3600), 'hour'],
    [Math.floor(seconds / 60) % 60, 'minute'],
    [seconds % 60, 'second'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, word]) => plural(count, word));
  return said.length === 0 ? '0 seconds' : said.join(' ');
}

const GAP_CAUSES: Readonly<Record<GapCause, string>> = {
  context_suspended: 'the sound was on hold',
  context_interrupted: 'the system took the sound away',
  context_rebuilt: 'the sound system was started again',
  microphone_changed: 'another microphone took over',
  microphone_lost: 'the microphone went away',
  microphone_denied: 'the permission was taken back',
  microphone_muted: 'the microphone was muted by the system',
  input_silent: 'the microphone gave nothing',
  microphone_dropped: 'the browser dropped some audio',
  playback_underrun: 'the loudspeaker ran dry',
  worklet_failed: 'the part that listens failed',
  blocks_lost: 'some audio was lost on its way',
  engine_stall: 'the part that writes stood still',
  engine_crash: 'the part that writes was started again',
  storage_full: 'the device had no room left',
  stream_stalled: 'the stream stood still',
  clock_jump: 'the clock was set',
};

/** The English texts. */
export const DEFAULT_PLAYER_TEXTS: Readonly<PlayerTexts> = {
  player: 'Conversation player',
  user: 'User',
  bot: 'Bot',
  idle: 'No session is chosen.',
  loading: 'Loading the session…',
  empty: 'Nothing was said in this session.',
  live: 'Still running',
  loaded: (turns, ms) => `Session loaded: ${plural(turns, 'turn')}, ${inWords(ms)}`,
  began: (startedAt) => new Date(startedAt).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' }),
  turnCount: (count) => plural(count, 'turn'),
  interruptionCount: (count) => plural(count, 'interruption'),
  medianLatency: (ms) => `answers after ${duration(ms)}`,
  play: 'Play',
  pause: 'Pause',
  waiting: 'Loading audio',
  previousTurn: 'Previous turn',
  nextTurn: 'Next turn',
  speed: 'Speed',
  speedOf: (speed) => `${speed}×`,
  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
  zoomFit: 'Show all',
  timeline: 'Position in the conversation',
  time,
  place: (ms, durationMs, speaking, hole) => {
    const who = speaking.length === 0 ? '' : `, ${speaking.join(' and ').toLowerCase()} speaking`;
    return `${inWords(ms)} of ${inWords(durationMs)}${who}${hole ? `, ${hole.toLowerCase()}` : ''}`;
  },
  volumeOf: (speaker) => `Volume, ${speaker.toLowerCase()}`,
  muteLane: (speaker) => `Mute ${speaker.toLowerCase()}`,
  transport: 'Playback',
  view: 'View',
  turns: 'Turns',
  turnAt: (position, total, speaker, ms) => `Turn ${position} of ${total}, ${speaker}, at ${inWords(ms)}`,
  playTurn: (position, speaker, length) => `Play turn ${position} alone, ${speaker}, ${length}`,
  stopTurn: (position, speaker) => `Stop turn ${position}, ${speaker}`,
  goTo: (position, speaker, ms) => `Go to turn ${position}, ${speaker}, at ${inWords(ms)}`,
  noWords: 'No transcript',
  duration,
  interrupted: 'Interrupted',
  heard: (heardMs, generatedMs) => {
    if (generatedMs === null) return `heard ${duration(heardMs)}`;
    const [heard, generated] = [duration(heardMs), duration(generatedMs)];
    return heard === generated ? 'heard in full' : `heard ${heard.replace(/ s$/, '')} of ${generated}`;
  },
  answeredAfter: (ms) => `after ${duration(ms)}`,
  unheard: (ms) => `${duration(ms)} unheard`,
  playUnheard: (position) => `Play what nobody heard of turn ${position}`,
  stopUnheard: (position) => `Stop what nobody heard of turn ${position}`,
  neverHeard: 'Never heard',
  notHeard: 'not heard:',
  sealed: 'Locked',
  gone: 'The audio is not here any more',
  goneTo: (url) => `The audio is at ${url}`,
  downloadTurn: (position, speaker) => `Download turn ${position}, ${speaker}`,
  downloadSession: 'Audio',
  downloadBundle: 'All files',
  downloads: 'Download',
  hole: ({ kind, startMs, endMs }, speaker, cause) => {
    const ms = endMs - startMs;
    // A tenth of a second is the least that a length can say.
    const length = ms < 100 ? `${Math.max(1, Math.round(ms))} ms` : duration(ms);
    if (kind === 'mute') return `${speaker} muted, ${length}`;
    if (kind === 'deafened') return `${speaker} not heard, sound was off, ${length}`;
    if (kind === 'redaction') return `Redacted, ${length}`;
    return `${kind === 'quiet' ? 'No sound' : 'Gap'}, ${length}${cause ? `: ${cause}` : ''}`;
  },
  holeWord: { gap: 'Gap', quiet: 'No sound', mute: 'Muted', deafened: 'Sound off', redaction: 'Redacted' },
  gapCause: GAP_CAUSES,
  tryAgain: 'Try again',
  dismiss: 'Dismiss',
  errorCode: (code) => `Code: ${code}`,
  failures: {
    ...DEFAULT_FAILURES,
    not_found: { what: 'This session is not here.', wayOut: 'It may have been erased, or its address is wrong.' },
    unauthorized: { what: 'You may not listen to this session.', wayOut: 'Sign in again, or ask for access.' },
    network: { what: 'The server cannot be reached.', wayOut: 'Check the connection, then try again.' },
    server_error: { what: 'The server has a fault at the moment.', wayOut: 'Try again in a minute.' },
    audio_sealed: {
      what: 'The audio is locked on this device.',
      wayOut: 'It was sealed for the backend, which can open it. Turns and words are shown all the same.',
    },
    encoder_failed: {
      what: 'The audio could not be read.',
      wayOut: 'Download the file and open it in another program.',
    },
    unsupported_format: {
      what: 'This browser cannot play this audio format.',
      wayOut: 'Download the file and open it in another program.',
    },
    audio_context_failed: { what: 'The browser gives this page no sound.', wayOut: 'Reload the page and try again.' },
  },
  unknownFailure: UNKNOWN_FAILURE,
};

/** The English texts with the app's own in their place. */
export function playerTextsWith(patch: PlayerTextsPatch | undefined): PlayerTexts {
  if (!patch) return DEFAULT_PLAYER_TEXTS;
  return {
    ...DEFAULT_PLAYER_TEXTS,
    ...patch,
    failures: { ...DEFAULT_PLAYER_TEXTS.failures, ...patch.failures },
    gapCause: { ...GAP_CAUSES, ...patch.gapCause },
  };
}
