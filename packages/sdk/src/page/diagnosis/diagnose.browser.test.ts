import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TurntapeError } from '../../core/errors.ts';
import type { SessionMicrophone, SessionRunState } from '../../core/events.ts';
import type { IntegrityStats } from '../../core/integrity.ts';
import { freshDatabase } from '../../scripted/fresh-database.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import type { UploadTarget } from '../../upload-contract/target.ts';
import { type DiagnoseParts, diagnose } from './diagnose.ts';
import type { Session } from '../session.ts';

/** A browser in which all is well, and one thing at a time that is not. */

let db: TurntapeDatabase;
freshDatabase((opened) => (db = opened));

const device = (kind: MediaDeviceKind) => ({ kind, deviceId: '', label: '', groupId: '' }) as MediaDeviceInfo;

/** What the browser says. */
const says = {
  devices: vi.fn<() => Promise<MediaDeviceInfo[]>>(),
  permission: vi.fn<() => Promise<PermissionStatus>>(),
  room: vi.fn<() => Promise<StorageEstimate>>(),
  persisted: vi.fn<() => Promise<boolean>>(),
};

beforeEach(() => {
  says.devices.mockResolvedValue([device('audioinput'), device('videoinput')]);
  says.permission.mockResolvedValue({ state: 'granted' } as PermissionStatus);
  says.room.mockResolvedValue({ usage: 1000, quota: 10 ** 9 });
  says.persisted.mockResolvedValue(true);
  vi.spyOn(navigator.mediaDevices, 'enumerateDevices').mockImplementation(says.devices);
  vi.spyOn(navigator.permissions, 'query').mockImplementation(says.permission);
  vi.spyOn(navigator.storage, 'estimate').mockImplementation(says.room);
  vi.spyOn(navigator.storage, 'persisted').mockImplementation(says.persisted);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

interface Running {
  state?: SessionRunState;
  microphone?: SessionMicrophone['state'];
  muted?: boolean;
  stats?: () => Promise<unknown>;
}

const statsOf = ({
  waitingBytes = 0,
  integrity = {},
}: {
  waitingBytes?: number;
  integrity?: Partial<IntegrityStats>;
}) => ({
  storage: { waitingBytes },
  integrity: { events: [], goesOn: false, ...integrity },
});

const silentBot = {
  turnId: 'turn',
  externalId: null,
  speaker: 'bot',
  fromMs: 0,
  toMs: 5000,
  cause: 'words_without_sound',
} as const;

const running = ({ state = 'recording', microphone = 'live', muted = false, stats }: Running = {}): Session =>
  ({
    state,
    muted,
    microphone: { state: microphone, label: 'a microphone', deviceId: undefined },
    stats: stats ?? (async () => statsOf({})),
  }) as unknown as Session;

const parts = (change: Partial<DiagnoseParts> & { target?: Partial<UploadTarget> } = {}): DiagnoseParts => {
  const { target, ...rest } = change;
  return {
    options: {
      microphone: {},
      target: target as UploadTarget | undefined,
      storage: { whenFull: 'drop-acknowledged', lowSpaceBytes: 2 ** 20, persist: true },
    },
    db,
    session: undefined,
    delivery: { progress: undefined, refused: new Map() },
    chosen: undefined,
    requireConsent: () => undefined,
    ...rest,
  };
};

const found = async (change: Parameters<typeof parts>[0], signal?: AbortSignal): Promise<string[]> => {
  const { findings } = await diagnose(parts(change), signal);
  for (const { message } of findings) expect(message.length).toBeGreaterThan(20);
  return findings.map(({ area, code, blocking }) => `${area} ${code}${blocking ? '' : ' soon'}`);
};

test('[DIAG-1] where all is well nothing is found, and what was looked at is said', async () => {
  const { findings, facts } = await diagnose(
    parts({ session: running(), target: { check: async () => undefined } }),
    undefined,
  );
  expect(findings).toEqual([]);
  expect(facts).toEqual({
    secureContext: true,
    permission: 'granted',
    microphones: 1,
    session: 'recording',
    microphone: { state: 'live', label: 'a microphone', deviceId: undefined },
    muted: false,
    usageBytes: 1000,
    quotaBytes: 10 ** 9,
    persisted: true,
  });
  expect(await db.read(['holds'], (tx) => tx.objectStore('holds').count())).toBe(0);
});

function refuse(): never {
  throw new TurntapeError('consent_required', 'nobody has agreed to be recorded');
}

test('[DIAG-2] what keeps a session from starting: no consent, a microphone that is denied, none at all', async () => {
  expect(await found({ requireConsent: refuse })).toEqual(['consent consent_required']);
  says.permission.mockResolvedValue({ state: 'denied' } as PermissionStatus);
  says.devices.mockResolvedValue([]);
  expect(await found({})).toEqual(['microphone microphone_denied', 'microphone microphone_not_found']);
  // A stream of the app's is open already, and so is the microphone of a session that runs.
  const { stream } = new AudioContext().createMediaStreamDestination();
  expect(await found({ chosen: stream })).toEqual([]);
  expect(await found({ session: running() })).toEqual([]);
  // An app that writes the user asks for none.
  const { options } = parts();
  expect(await found({ options: { ...options, microphone: false } })).toEqual([]);
});

test('[DIAG-2] a browser that knows no permission of this name, or says nothing of its room, is no finding', async () => {
  says.permission.mockRejectedValue(new TypeError('no such name'));
  says.room.mockRejectedValue(new TypeError('not here'));
  says.persisted.mockRejectedValue(new TypeError('not here'));
  says.devices.mockRejectedValue(new TypeError('not here'));
  const { findings, facts } = await diagnose(parts(), undefined);
  expect(findings).toEqual([]);
  expect(facts).toMatchObject({
    permission: null,
    microphones: null,
    usageBytes: null,
    quotaBytes: null,
    persisted: null,
  });
});

test.each([
  [{ microphone: 'silent' }, 'microphone input_silent'],
  [{ microphone: 'muted' }, 'microphone microphone_muted'],
  [{ microphone: 'lost' }, 'microphone microphone_lost'],
  [{ muted: true }, 'microphone microphone_muted'],
  [{ state: 'suspended' }, 'sound audio_context_suspended'],
  [{ state: 'interrupted' }, 'sound context_interrupted'],
  [{ state: 'rebuilding' }, 'sound context_rebuilt'],
  [{ stats: async () => statsOf({ waitingBytes: 1 }) }, 'storage storage_full soon'],
  [
    { stats: () => Promise.reject(new TurntapeError('worker_failed', 'the engine failed and is not started again')) },
    'engine worker_failed',
  ],
] satisfies [Running, string][])(
  '[DIAG-3] why a running session is not heard: %o is told as %s',
  async (state, told) => {
    expect(await found({ session: running(state) })).toEqual([told]);
  },
);

async function overAlready(): Promise<never> {
  throw new TurntapeError('session_ended', 'the session has ended');
}

test('[DIAG-3] an engine that does not answer is told after five seconds; a session that ends meanwhile is none', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const asked = Promise.withResolvers<void>();
  const stats = (): Promise<never> => {
    asked.resolve();
    return new Promise(() => undefined);
  };
  const told = found({ session: running({ stats }) });
  await asked.promise;
  await vi.advanceTimersByTimeAsync(5000);
  expect(await told).toEqual(['engine engine_stall']);
  expect(await found({ session: running({ stats: overAlready }) })).toEqual([]);
  expect(await found({ session: running({ state: 'ended', stats }) })).toEqual([]);
});

const silentSince = (goesOn: boolean): Running => ({
  stats: async () => statsOf({ integrity: { events: [silentBot], goesOn } }),
});

test('[INTEG-10] a bot that is heard and not recorded is found, as long as its record is silent', async () => {
  expect(await found({ session: running(silentSince(true)) })).toEqual(['sound words_without_sound soon']);
  expect(await found({ session: running(silentSince(false)) })).toEqual([]);
});

test('[DIAG-4] the disk is written to: what it says then counts, and little room is said beforehand', async () => {
  says.room.mockResolvedValue({ usage: 10 ** 6, quota: 10 ** 6 + 5 });
  expect(await found({})).toEqual(['storage storage_full soon']);
  const refusing = Object.create(db, {
    write: { value: () => Promise.reject(new TurntapeError('storage_full', 'the disk has no room for this site')) },
  }) as TurntapeDatabase;
  expect(await found({ db: refusing })).toEqual(['storage storage_full']);
});

test('[DIAG-5] the way to the backend: refused tokens, refused items, no answer in time, no answer at all', async () => {
  const refused = new Map([['a', new TurntapeError('unauthorized', 'the backend refused the token (401)')]]);
  const progress = { rejected: 2 } as NonNullable<DiagnoseParts['delivery']['progress']>;
  expect(await found({ delivery: { progress, refused } })).toEqual([
    'delivery unauthorized soon',
    'delivery rejected soon',
  ]);
  const gone = { check: () => Promise.reject(new TurntapeError('network', 'the backend could not be reached')) };
  expect(await found({ target: gone })).toEqual(['delivery network']);
  // A target that cannot ask: what the outbox found out.
  const resting = { ...progress, rejected: 0, restsUntilMs: 1 };
  expect(await found({ target: {}, delivery: { progress: resting, refused: new Map() } })).toEqual([
    'delivery network',
  ]);
  // The time is over at once.
  vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort());
  expect(
    await found({
      target: {
        check: ({ signal }) =>
          signal.aborted ? Promise.reject(new TurntapeError('aborted', 'aborted')) : Promise.resolve(),
      },
    }),
  ).toEqual(['delivery network']);
});

const never = (): Promise<never> => new Promise(() => undefined);

test('[DIAG-6] a target whose check never settles is one that does not answer', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const asked = Promise.withResolvers<void>();
  const told = found({
    target: {
      check: () => {
        asked.resolve();
        return new Promise(() => undefined);
      },
    },
  });
  await asked.promise;
  await vi.advanceTimersByTimeAsync(5000);
  expect(await told).toEqual(['delivery network']);
});

test('[DIAG-6] an engine and a backend that both stand still are waited for at once', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const asked = Promise.withResolvers<void>();
  const told = found({
    session: running({ stats: never }),
    target: {
      check: () => {
        asked.resolve();
        return never();
      },
    },
  });
  await asked.promise;
  await vi.advanceTimersByTimeAsync(5000);
  expect(await told).toEqual(['engine engine_stall', 'delivery network']);
});

test('[DIAG-6] whoever asks may stop asking', async () => {
  const controller = new AbortController();
  const told = diagnose(parts({ session: running({ stats: () => new Promise(() => undefined) }) }), controller.signal);
  controller.abort();
  await expect(told).rejects.toMatchObject({ code: 'aborted' });
});
