import type { SessionEvents, SessionRunState } from '../../core/events.ts';
import type { Segment } from '../../core/segment.ts';
import type { Turn } from '../../core/turn.ts';
import { errorNote } from './error-note.ts';
import type { Note, NoteFacts } from './log-entry.ts';

/** What is told to each event of a session; null: it is not, and nobody listens. Every new event must say here what it comes to. */
export type SessionNotes = {
  readonly [Type in keyof SessionEvents]: ((event: SessionEvents[Type]) => Note) | null;
};

const STATES: Readonly<Record<SessionRunState, string>> = {
  starting: 'the session starts',
  recording: 'the session records',
  'not-sampled': 'the session runs, and is left out by sampleRatio',
  suspended: 'the browser has suspended the sound: nothing is captured until session.resume()',
  interrupted: 'the system has taken the sound',
  rebuilding: 'the clock of the sound had died, and another is being started',
  stopping: 'the session stops',
  ended: 'the session has ended',
};

const STANDS_STILL: ReadonlySet<SessionRunState> = new Set(['suspended', 'interrupted', 'rebuilding']);

/** `verbatim`: errors with everything that was said in them. */
export const sessionNotes = (verbatim: boolean): SessionNotes => ({
  client_vad_start: ({ turnId, epoch, onsetFrame, decisionFrame, echoLikelihood, doubtful }) => ({
    level: 'debug',
    area: 'detector',
    message: doubtful ? 'an echo, probably' : 'the user begins to speak',
    facts: { turnId, epoch, onsetFrame, decisionFrame, echoLikelihood, doubtful },
  }),
  client_vad_stop: ({ turnId, epoch, endFrame, decisionFrame, misfire, doubtful }) => ({
    level: 'debug',
    area: 'detector',
    message: misfire ? 'that was no speech' : 'the user is silent',
    facts: { turnId, epoch, endFrame, decisionFrame, misfire, doubtful },
  }),
  'turn-start': ({ turn }) => ({
    level: 'info',
    area: 'turn',
    message: `a turn of the ${turn.speaker} begins`,
    facts: turnFacts(turn),
  }),
  'turn-end': ({ turn }) => ({
    level: 'info',
    area: 'turn',
    message: `a turn of the ${turn.speaker} ends`,
    facts: turnFacts(turn),
  }),
  interruption: ({ turnId, utteranceId, cause, epoch, cutFrame, renderedMs, heardMs, generatedMs, cutLatencyMs }) => ({
    level: 'info',
    area: 'turn',
    message: 'the bot was cut',
    facts: { turnId, utteranceId, cause, epoch, cutFrame, renderedMs, heardMs, generatedMs, cutLatencyMs },
  }),
  'segment-kept': ({ segment }) => ({
    level: 'info',
    area: 'storage',
    message: `a segment of the ${segment.speaker} is kept`,
    facts: segmentFacts(segment),
  }),
  'segment-sent': ({ segmentId }) => ({
    level: 'debug',
    area: 'delivery',
    message: 'the bytes of a segment have gone',
    facts: { segmentId },
  }),
  // Without its address: that may be a signed one.
  'segment-acknowledged': ({ segmentId }) => ({
    level: 'info',
    area: 'delivery',
    message: 'the backend has a segment',
    facts: { segmentId },
  }),
  'segment-rejected': ({ segmentId, error }) => {
    const { facts, ...note } = errorNote(error, verbatim);
    return { ...note, area: 'delivery', facts: { segmentId, ...facts } };
  },
  'segment-discarded': ({ turnId, speaker, reason }) => ({
    level: 'debug',
    area: 'storage',
    message: `a turn of the ${speaker} made no segment`,
    facts: { turnId, speaker, reason },
  }),
  transcript: ({ transcript: { transcriptId, turnId, externalId, role, revision, interrupted, text } }) => ({
    level: 'debug',
    area: 'storage',
    message: 'a transcript is kept',
    facts: { transcriptId, turnId, externalId, role, revision, interrupted, characters: text.length },
  }),
  microphone: ({ state, label }) => ({
    level: state === 'live' ? 'info' : 'warn',
    area: 'microphone',
    message: `the microphone is ${state}`,
    facts: { state, label },
  }),
  // Many each second: `session.stats()` has the newest.
  level: null,
  gap: ({ startMs, endMs, cause, speaker }) => ({
    level: 'warn',
    area: 'sound',
    message: `${Math.round(endMs - startMs)} ms are missing: ${cause}`,
    facts: { startMs, endMs, cause, speaker: speaker ?? 'both' },
  }),
  integrity: ({ turnId, externalId, speaker, fromMs, toMs, cause }) => ({
    level: 'warn',
    area: 'sound',
    message: `the ${speaker} spoke, and its record is silent: ${cause}`,
    facts: { turnId, externalId, speaker, fromMs, toMs, cause },
  }),
  mute: ({ muted, epoch, frame, atMs }) => ({
    level: 'info',
    area: 'microphone',
    message: muted ? 'the user is muted' : 'the user is heard again',
    facts: { muted, epoch, frame, atMs },
  }),
  deafen: ({ deafened, epoch, frame, atMs }) => ({
    level: 'info',
    area: 'sound',
    message: deafened ? 'the user hears nothing of the bot' : 'the user hears the bot again',
    facts: { deafened, epoch, frame, atMs },
  }),
  volume: ({ volume, epoch, frame, atMs }) => ({
    level: 'debug',
    area: 'sound',
    message: 'the bot is as loud as this for the user',
    facts: { volume, epoch, frame, atMs },
  }),
  redaction: ({ fromMs, toMs, segments, missing }) => ({
    level: missing.length > 0 ? 'warn' : 'info',
    area: 'storage',
    message: 'a range was made silent',
    facts: { fromMs, toMs, segments: segments.length, missing: missing.length },
  }),
  // The recorder tells it, too.
  'low-space': null,
  idle: ({ idleMs }) => ({
    level: 'info',
    area: 'session',
    message: 'nobody has spoken: the session ends',
    facts: { idleMs },
  }),
  'session-kept': ({ segments }) => ({
    level: 'info',
    area: 'storage',
    message: 'all of the session is kept',
    facts: { segments: segments.length, bytes: segments.reduce((sum, { byteSize }) => sum + byteSize, 0) },
  }),
  'track-empty': ({ speaker }) => ({
    level: 'warn',
    area: 'session',
    message: `there is no sound of the ${speaker}`,
    facts: { speaker },
  }),
  state: ({ state }) => ({
    level: STANDS_STILL.has(state) ? 'warn' : 'info',
    area: STANDS_STILL.has(state) ? 'sound' : 'session',
    message: STATES[state],
    facts: { state },
  }),
  error: ({ error }) => errorNote(error, verbatim),
});

function turnFacts(turn: Turn): NoteFacts {
  const { turnId, speaker, epoch, startFrame, endFrame, startMs, endMs, endReason, interrupted, interruptionCause } =
    turn;
  const { overlapsTurnId } = turn;
  return {
    turnId,
    speaker,
    epoch,
    startFrame,
    endFrame,
    startMs,
    endMs,
    endReason,
    interrupted,
    interruptionCause,
    overlapsTurnId,
  };
}

function segmentFacts(segment: Segment): NoteFacts {
  const { segmentId, turnId, part, speaker, externalId, replaces, format, durationMs, byteSize, endReason, gaps } =
    segment;
  return {
    segmentId,
    turnId,
    part,
    speaker,
    externalId,
    replaces,
    format,
    durationMs,
    byteSize,
    endReason,
    gaps: gaps.length,
  };
}
