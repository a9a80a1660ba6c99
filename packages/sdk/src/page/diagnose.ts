import type { Diagnosis, DiagnosisFacts, Finding, FindingArea } from '../core/diagnosis.ts';
import { TurntapeError, toErrorFacts } from '../core/errors.ts';
import type { SessionMicrophone, SessionRunState } from '../core/events.ts';
import type { TurntapeDatabase } from '../storage/database.ts';
import { probeStorage } from '../storage/probe.ts';
import type { UploadTarget } from '../upload-contract/target.ts';
import { abortable } from './abortable.ts';
import type { Delivery } from './delivery/delivery.ts';
import { mediaDevices } from './microphone/devices.ts';
import type { CheckedOptions } from './options/options.ts';
import type { Session } from './session.ts';

/** An engine or a backend that has not answered by then does not answer: well above what either takes on a busy machine. */
const ANSWER_MS = 5000;

/** What is looked at. */
export interface DiagnoseParts {
  options: Pick<CheckedOptions, 'microphone' | 'target' | 'storage'>;
  db: TurntapeDatabase;
  session: Session | undefined;
  delivery: Pick<Delivery, 'progress' | 'refused'>;
  persisted: boolean | null;
  /** Throws when nobody has agreed. */
  requireConsent: () => void;
}

/** Looks at everything between the person's mouth and the backend. Opens nothing, asks the person nothing. */
export async function diagnose(parts: DiagnoseParts, signal: AbortSignal | undefined): Promise<Diagnosis> {
  const { options, session } = parts;
  const wantsMicrophone = options.microphone !== false && !(options.microphone instanceof MediaStream);
  const [permission, microphones, room] = await abortable(
    Promise.all([microphonePermission(), countMicrophones(), estimate()]),
    signal,
  );
  const facts: DiagnosisFacts = {
    secureContext: isSecureContext,
    permission,
    microphones,
    session: session?.state,
    microphone: session?.microphone,
    muted: session?.muted ?? false,
    usageBytes: room?.usage ?? null,
    quotaBytes: room?.quota ?? null,
    persisted: parts.persisted,
  };
  const findings: Finding[] = [
    ...ofConsent(parts),
    ...(wantsMicrophone ? ofDevices(facts) : []),
    ...ofMicrophone(facts),
    ...ofSound(facts.session),
    ...(await abortable(ofEngine(session), signal)),
    ...(await abortable(ofStorage(parts, room), signal)),
    ...(await abortable(ofDelivery(parts, signal), signal)),
  ];
  return { findings, facts };
}

function ofConsent({ requireConsent }: DiagnoseParts): Finding[] {
  try {
    requireConsent();
    return [];
  } catch (thrown) {
    return [ofError('consent', thrown)];
  }
}

/** What would keep the microphone from being opened. */
function ofDevices({ secureContext, permission, microphones }: DiagnosisFacts): Finding[] {
  if (!secureContext || !mediaDevices()) {
    const message = 'the microphone needs a secure context: serve the page over HTTPS or from localhost';
    return [{ area: 'page', code: 'microphone_denied', blocking: true, message }];
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
function ofMicrophone({ microphone, muted }: DiagnosisFacts): Finding[] {
  const found = microphone && MICROPHONES[microphone.state];
  if (found) return [{ area: 'microphone', ...found }];
  if (!muted) return [];
  const message = 'the app has muted the user: session.unmute() ends it';
  return [{ area: 'microphone', code: 'microphone_muted', blocking: true, message }];
}

function ofSound(state: SessionRunState | undefined): Finding[] {
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

/** Of a running session: whether its engine answers, and what it lost. */
async function ofEngine(session: Session | undefined): Promise<Finding[]> {
  if (!session || session.state === 'ended' || session.state === 'stopping') return [];
  try {
    const stats = await withinTime(session.stats());
    if (!stats)
      return [
        {
          area: 'engine',
          code: 'engine_stall',
          blocking: true,
          message: `the engine has not answered for ${ANSWER_MS / 1000} s: the machine is overloaded, or a debugger holds it`,
        },
      ];
    if (stats.storage.waitingBytes === 0) return [];
    const message = 'the disk has no room, and what is spoken waits in memory: free some, or let the backend have it';
    return [{ area: 'storage', code: 'storage_full', blocking: false, message }];
  } catch (thrown) {
    // It ended while it was asked.
    if (thrown instanceof TurntapeError && thrown.code === 'session_ended') return [];
    return [ofError('engine', thrown)];
  }
}

async function ofStorage({ db, options }: DiagnoseParts, room: StorageEstimate | undefined): Promise<Finding[]> {
  try {
    await probeStorage(db);
  } catch (thrown) {
    return [ofError('storage', thrown)];
  }
  const free = (room?.quota ?? Infinity) - (room?.usage ?? 0);
  if (free >= options.storage.lowSpaceBytes) return [];
  const message = `${Math.max(0, Math.round(free / 2 ** 20))} MiB are left for this site: deliver what is kept, or free some`;
  return [{ area: 'storage', code: 'storage_full', blocking: false, message }];
}

async function ofDelivery(
  { delivery, options: { target } }: DiagnoseParts,
  signal: AbortSignal | undefined,
): Promise<Finding[]> {
  const { progress, refused } = delivery;
  const found = [...refused.values()].map((error) => ({ ...ofError('delivery', error), blocking: false }));
  if (progress && progress.rejected > 0)
    found.push({
      area: 'delivery',
      code: 'rejected',
      blocking: false,
      message: `${progress.rejected} items were refused for good or cancelled: outbox.items() has the reasons, outbox.retry() sends them again`,
    });
  const unreachable = target && (target.check ? await asked(target, signal) : resting(progress));
  return unreachable ? [...found, unreachable] : found;
}

/** Whether the backend is there, of a target that can ask. */
async function asked(target: UploadTarget, signal: AbortSignal | undefined): Promise<Finding | undefined> {
  try {
    const inTime = AbortSignal.timeout(ANSWER_MS);
    await target.check?.({ signal: signal ? AbortSignal.any([signal, inTime]) : inTime });
    return undefined;
  } catch (thrown) {
    if (thrown instanceof TurntapeError && thrown.code !== 'aborted') return ofError('delivery', thrown);
    const message = `the backend has not answered within ${ANSWER_MS / 1000} s: what is recorded is kept, and sent when it does`;
    return { area: 'delivery', code: 'network', blocking: true, message };
  }
}

/** Of a target that cannot ask: what the outbox found out by itself. */
function resting(progress: DiagnoseParts['delivery']['progress']): Finding | undefined {
  if (progress?.restsUntilMs === undefined) return undefined;
  const message = 'the backend has failed again and again: what is recorded is kept, and sent when it takes it';
  return { area: 'delivery', code: 'network', blocking: true, message };
}

function ofError(area: FindingArea, thrown: unknown): Finding {
  const { code, message } = toErrorFacts(thrown, 'worker_failed');
  return { area, code, blocking: true, message };
}

/** Firefox knew no microphone by this name for a long time. */
async function microphonePermission(): Promise<DiagnosisFacts['permission']> {
  const permissions = navigator.permissions as Permissions | undefined;
  const status = await permissions?.query({ name: 'microphone' }).catch(() => undefined);
  return status?.state ?? null;
}

async function countMicrophones(): Promise<number | null> {
  const found = await mediaDevices()?.enumerateDevices();
  return found ? found.filter(({ kind }) => kind === 'audioinput').length : null;
}

/** Undefined where the browser does not say. */
async function estimate(): Promise<StorageEstimate | undefined> {
  const storage = navigator.storage as StorageManager | undefined;
  return storage?.estimate().catch(() => undefined);
}

/** Undefined: not in time. */
async function withinTime<Value>(work: Promise<Value>): Promise<Value | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ANSWER_MS);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
