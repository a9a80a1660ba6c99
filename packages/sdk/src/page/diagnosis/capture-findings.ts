import type { DiagnosisFacts, Finding } from '../../core/diagnosis.ts';
import { TurntapeError } from '../../core/errors.ts';
import type { SessionMicrophone, SessionRunState } from '../../core/events.ts';
import { mediaDevices } from '../microphone/devices.ts';
import { INSECURE_PAGE } from '../microphone/microphone.ts';
import type { SessionStats } from '../../core/stats.ts';
import type { Session } from '../session.ts';
import { ANSWER_MS, ofError, settledInTime } from './finding.ts';

/** What keeps the user or the bot from being heard. */

/** What would keep the microphone from being opened. */
export function ofDevices({ secureContext, permission, microphones }: DiagnosisFacts): Finding[] {
  if (!secureContext || !mediaDevices()) {
    return [{ area: 'page', code: 'microphone_denied', blocking: true, message: INSECURE_PAGE }];
  }
  const found: Finding[] = [];
  if (permission === 'denied')
    found.push({
      area: 'microphone',
      code: 'microphone_denied',
      blocking: true,
      message:
        'the microphone is denied to this site: allow it in the browser’s settings of the site, or in the system’s',
    });
  if (microphones === 0)
    found.push({
      area: 'microphone',
      code: 'microphone_not_found',
      blocking: true,
      message: 'there is no microphone: connect one',
    });
  return found;
}

const MICROPHONES: Readonly<Record<SessionMicrophone['state'], Omit<Finding, 'area'> | undefined>> = {
  live: undefined,
  silent: {
    code: 'input_silent',
    blocking: true,
    message: 'the microphone gives nothing but digital silence: look for a switch on it, or take another',
  },
  muted: {
    code: 'microphone_muted',
    blocking: true,
    message: 'the system has muted the microphone: look for a switch or a key on the machine, or another program',
  },
  lost: {
    code: 'microphone_lost',
    blocking: true,
    message: 'the microphone is gone: connect it again, or give the session another',
  },
};

/** What the microphone of the running session does. */
export function ofMicrophone({ microphone, muted }: DiagnosisFacts): Finding[] {
  const found = microphone && MICROPHONES[microphone.state];
  if (found) return [{ area: 'microphone', ...found }];
  if (!muted) return [];
  const message = 'the app has muted the user: session.unmute() ends it';
  return [{ area: 'microphone', code: 'microphone_muted', blocking: true, message }];
}

export function ofSound(state: SessionRunState | undefined): Finding[] {
  const blocking = true;
  if (state === 'suspended')
    return [
      {
        area: 'sound',
        code: 'audio_context_suspended',
        blocking,
        message: 'the browser has suspended the sound of this page: call session.resume() from a click',
      },
    ];
  if (state === 'interrupted')
    return [
      {
        area: 'sound',
        code: 'context_interrupted',
        blocking,
        message: 'the system has taken the sound away, for a call perhaps: it gives it back by itself',
      },
    ];
  if (state === 'rebuilding')
    return [
      {
        area: 'sound',
        code: 'context_rebuilt',
        blocking,
        message: 'the clock of the sound had died, and another is being started: wait a moment',
      },
    ];
  return [];
}

/** Of a running session: whether its engine answers, whether its bot is in the record, and what waits for room. */
export async function ofEngine(session: Session | undefined): Promise<Finding[]> {
  if (!session || session.state === 'ended' || session.state === 'stopping') return [];
  try {
    const stats = await settledInTime(session.stats());
    if (!stats)
      return [
        {
          area: 'engine',
          code: 'engine_stall',
          blocking: true,
          message: `the engine has not answered for ${ANSWER_MS / 1000} s: the machine is overloaded, or a debugger holds it`,
        },
      ];
    return [...ofIntegrity(stats), ...ofRoom(stats)];
  } catch (thrown) {
    // It ended while it was asked.
    if (thrown instanceof TurntapeError && thrown.code === 'session_ended') return [];
    return [ofError('engine', thrown)];
  }
}

/** The bot was heard and is not in the record, and has not sounded there since. */
function ofIntegrity({ integrity }: SessionStats): Finding[] {
  const newest = integrity.events.at(-1);
  if (!newest || !integrity.goesOn) return [];
  const message =
    'the bot speaks and its record is silent: look at what is attached (its track may have been replaced or muted, its node disconnected) or given, and attach it again';
  return [{ area: 'sound', code: newest.cause, blocking: false, message }];
}

function ofRoom({ storage }: SessionStats): Finding[] {
  if (storage.waitingBytes === 0) return [];
  const message = 'the disk has no room, and what is spoken waits in memory: free some, or let the backend have it';
  return [{ area: 'storage', code: 'storage_full', blocking: false, message }];
}
