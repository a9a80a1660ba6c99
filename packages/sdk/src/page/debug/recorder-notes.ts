import type { RecorderEvents } from '../recorder-events.ts';
import { errorNote } from './error-note.ts';
import type { Note } from './log-entry.ts';

/** What is told to each event of a recorder. */
export type RecorderNotes = {
  readonly [Type in Exclude<keyof RecorderEvents, 'session'>]: (event: RecorderEvents[Type]) => Note;
};

/** `verbatim`: errors with everything that was said in them. */
export const recorderNotes = (verbatim: boolean): RecorderNotes => ({
  error: ({ error }) => errorNote(error, verbatim),
  'vad-model': ({ model, error }) => ({
    level: error ? 'warn' : 'info',
    area: 'detector',
    message: error ? `the detector could not be loaded: ${model} takes its place` : `the detector is ${model}`,
    facts: { model, code: error?.code },
  }),
  outbox: ({ pending, pendingBytes, sending, rejected, restsUntilMs, paused }) => ({
    level: 'debug',
    area: 'delivery',
    message:
      restsUntilMs === undefined
        ? 'the outbox moved'
        : 'the backend has failed again and again: it is left alone for a while',
    facts: { pending, pendingBytes, sending, rejected, restsUntilMs, paused },
  }),
  'delivery-retry': ({ sessionId, kind, id, attempt, delayMs, error }) => {
    const { facts } = errorNote(error, verbatim);
    const message = `a ${kind} was not delivered: it is tried again`;
    return { level: 'warn', area: 'delivery', sessionId, message, facts: { kind, id, attempt, delayMs, ...facts } };
  },
  dropped: ({ sessionId, kind, id, byteSize, acknowledged, reason }) => ({
    level: acknowledged ? 'info' : 'warn',
    area: 'storage',
    sessionId,
    message: acknowledged ? `a ${kind} that the backend has was let go` : `a ${kind} that nobody else has was let go`,
    facts: { kind, id, byteSize, acknowledged, reason },
  }),
  'low-space': ({ usageBytes, quotaBytes, freeBytes, bytesPerMinute, minutesLeft }) => ({
    level: 'warn',
    area: 'storage',
    message: 'little room is left on this device',
    facts: { usageBytes, quotaBytes, freeBytes, bytesPerMinute, minutesLeft },
  }),
});
