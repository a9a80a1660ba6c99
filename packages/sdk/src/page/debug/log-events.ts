import type { Off } from '../../core/emitter.ts';
import { TurntapeError, isTurntapeError } from '../../core/errors.ts';
import type { SessionEvents } from '../../core/events.ts';
import type { Recorder } from '../recorder.ts';
import type { RecorderEvents } from '../recorder-events.ts';
import type { Session } from '../session.ts';
import { errorNote } from './error-note.ts';
import type { LogEntry, LogLevel, Note } from './log-entry.ts';
import { recorderNotes } from './recorder-notes.ts';
import { sessionNotes } from './session-notes.ts';

export type { LogArea, LogEntry, LogFacts, LogLevel } from './log-entry.ts';

/** The levels, the gravest first. */
const LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

/** What `logEvents` listens to: a recorder. */
export type LoggedRecorder = Pick<Recorder, 'on' | 'session'>;

/** What a log is to hold, and where it goes. */
export interface LogOptions {
  /** Entries of this level and of those before it: `error`, `warn`, `info`, `debug`. Default `info`. */
  level?: LogLevel;
  /** Takes each entry, at once and in order. What it throws is an `error` event of the recorder, or of the session. Default: the console. */
  to?: (entry: LogEntry) => void;
  /**
   * Errors with every word of their messages and causes, also those of backends, browsers and your own listeners: they may hold
   * anything. Default false: then an entry has the codes, and no word of others.
   */
  verbatim?: boolean;
}

/**
 * Writes down what a recorder and its sessions tell, from now on: states, microphone, sound, turns, losses, segments and what
 * becomes of them, tries that failed, errors. It adds nothing to a recorder that is not logged, and listens only. The returned function
 * ends it.
 * @throws TurntapeError `invalid_option`: `level`, `to`
 */
export function logEvents(recorder: LoggedRecorder, options: LogOptions = {}): Off {
  const { level = 'info', to = toConsole, verbatim = false } = options;
  if (!LEVELS.includes(level)) throw wrong('level', `one of ${LEVELS.join(', ')}`);
  if (typeof to !== 'function') throw wrong('to', 'a function');
  const wanted = new Set(LEVELS.slice(0, LEVELS.indexOf(level) + 1));
  // Sessions are not held here: one that is over goes with its listeners when the app lets go of it.
  let isOn = true;
  const write = (event: string, note: Note, ofSession?: string): void => {
    if (!isOn || !wanted.has(note.level)) return;
    const { area, message, facts = {}, sessionId = ofSession } = note;
    const known = Object.entries(facts).filter(
      (each): each is [string, string | number | boolean | null] => each[1] !== undefined,
    );
    to({ level: note.level, timeMs: Date.now(), area, event, message, sessionId, facts: Object.fromEntries(known) });
  };

  const logSession = (session: Session): void => {
    const { sessionId } = session;
    const notes = sessionNotes(verbatim);
    for (const type of Object.keys(notes) as (keyof SessionEvents)[]) {
      // Each type has the note of its own event: no type can say so of all of them at once.
      const toNote = notes[type] as ((event: SessionEvents[typeof type]) => Note) | null;
      if (toNote) session.on(type, (event) => write(type, toNote(event), sessionId));
    }
    const clock = (): void => void tellClock(session, verbatim, write);
    // What both tracks miss is a break of the clock: another epoch has begun.
    session.on('gap', ({ speaker }) => {
      if (!speaker && isOn && wanted.has('debug')) clock();
    });
    const { state, sampled, microphone } = session;
    const message = 'a session runs';
    write(
      'session',
      { level: 'info', area: 'session', message, facts: { state, sampled, microphone: microphone.label } },
      sessionId,
    );
    if (wanted.has('debug')) clock();
  };

  const notes = recorderNotes(verbatim);
  const offs = (Object.keys(notes) as (keyof typeof notes)[]).map((type) => {
    const toNote = notes[type] as (event: RecorderEvents[typeof type]) => Note;
    return recorder.on(type, (event) => write(type, toNote(event)));
  });
  offs.push(recorder.on('session', ({ session }) => logSession(session)));
  if (recorder.session) logSession(recorder.session);
  return () => {
    isOn = false;
    for (const off of offs.splice(0)) off();
  };
}

/** The clock of the sound and its epochs. */
async function tellClock(
  session: Session,
  verbatim: boolean,
  write: (event: string, note: Note, sessionId: string) => void,
): Promise<void> {
  const { sessionId } = session;
  try {
    const { epochs, audioLink, lagMs } = await session.stats();
    const { sampleRate, baseLatency, state } = session.audioContext;
    const facts = {
      contextState: state,
      sampleRate,
      baseLatencyMs: baseLatency * 1000,
      audioLink,
      lagMs,
      epochs: epochs.length,
    };
    const { epoch, startFrame, clockRate } = epochs.at(-1) ?? {};
    const message = 'the clock of the sound';
    write(
      'epochs',
      { level: 'debug', area: 'sound', message, facts: { ...facts, epoch, startFrame, clockRate } },
      sessionId,
    );
  } catch (thrown) {
    // The session ended while it was asked, or its engine did not answer: the log goes on. The rest is what \`to\` threw.
    if (isTurntapeError(thrown)) write('epochs', { ...errorNote(thrown, verbatim), level: 'debug' }, sessionId);
    else reportError(thrown);
  }
}

function toConsole({ level, area, message, sessionId, facts }: LogEntry): void {
  console[level](`turntape ${area}: ${message}`, { ...(sessionId !== undefined && { sessionId }), ...facts });
}

function wrong(field: string, wanted: string): TurntapeError {
  return new TurntapeError('invalid_option', `${field} must be ${wanted}`, { field });
}
