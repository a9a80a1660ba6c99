import { ffmpegVersion } from '../jobs/ffmpeg.ts';
import { failureFacts, type Log } from '../log.ts';
import { openStorage, type OpenStorage } from '../open-storage.ts';
import { checkAccess, type Settings } from '../settings.ts';

/** What was looked at, and how it is. */
export interface Finding {
  what: 'folder' | 'room' | 'database' | 'clock' | 'store' | 'rows' | 'ffmpeg' | 'access';
  /** `warn`: it works, and the operator should know. */
  state: 'ok' | 'warn' | 'fail';
  says: string;
}

/** Less free room than this is said, in bytes: some 1,200 of the largest files. */
const LITTLE_ROOM_BYTES = 20 * 1024 ** 3;
/** Tokens and links are refused when clocks differ more than this, in milliseconds. */
const CLOCK_MS = 5000;

/** Tries everything that the server needs, with the server's own settings, and says what does not work and why. */
export async function examine(settings: Settings, log: Log): Promise<Finding[]> {
  const findings: Finding[] = [];
  const say = (what: Finding['what'], state: Finding['state'], says: string) => findings.push({ what, state, says });
  say('access', ...access(settings));
  const version = await ffmpegVersion();
  say(
    'ffmpeg',
    version !== undefined ? 'ok' : settings.quality ? 'fail' : 'warn',
    version ??
      `not found: no session files are made${settings.quality ? ', and --quality needs it' : '; nothing else needs it'}`,
  );
  let storage: OpenStorage | undefined;
  try {
    storage = await openStorage(settings, log);
    say('folder', 'ok', storage.folder ?? 'none is used');
  } catch (thrown) {
    const what = settings.databaseUrl !== '' && storage === undefined && isDatabase(thrown) ? 'database' : 'folder';
    say(what, 'fail', reason(thrown));
    return findings;
  }
  try {
    await examineStorage(storage, say);
  } finally {
    await storage.close();
  }
  return findings;
}

async function examineStorage(
  { database, blobs }: OpenStorage,
  say: (what: Finding['what'], state: Finding['state'], says: string) => void,
): Promise<void> {
  const attempt = async (what: Finding['what'], work: () => Promise<[Finding['state'], string]>) => {
    try {
      say(what, ...(await work()));
    } catch (thrown) {
      say(what, 'fail', reason(thrown));
    }
  };
  await attempt('database', async () => {
    const { rows } = await database.query<{ version: string }>('SELECT version() AS version');
    return ['ok', `${rows[0]?.version.split(' ').slice(0, 2).join(' ') ?? ''}; ${database.caveat}`];
  });
  await attempt('clock', async () => {
    const { rows } = await database.query<{ now_ms: number }>(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms',
    );
    const apartMs = Math.round(Math.abs((rows[0]?.now_ms ?? 0) - Date.now()));
    return [apartMs > CLOCK_MS ? 'fail' : 'ok', `${apartMs} ms from the database's`];
  });
  await attempt('store', async () => {
    await blobs.probe();
    return ['ok', `a file was written and deleted; rows name files as ${blobs.url('…')}`];
  });
  await attempt('room', async () => {
    const room = await blobs.room?.();
    if (room === undefined) return ['ok', 'the store does not tell'];
    const gigabytes = `${(room.freeBytes / 1024 ** 3).toFixed(1)} GiB free`;
    return [room.freeBytes < LITTLE_ROOM_BYTES ? 'warn' : 'ok', gigabytes];
  });
  await attempt('rows', async () => {
    const { rows } = await database.query<{ segments: number; dead: number; unfinished: number }>(
      `SELECT (SELECT count(*) FROM session_audio_segments)::float8 AS segments,
              (SELECT count(*) FROM turntape_jobs WHERE state = 'dead')::float8 AS dead,
              (SELECT count(*) FROM deleted_sessions WHERE finished_at IS NULL)::float8 AS unfinished`,
    );
    const { segments = 0, dead = 0, unfinished = 0 } = rows[0] ?? {};
    const says = `${segments} segments; ${dead} jobs given up; ${unfinished} erasures to finish`;
    return [dead + unfinished > 0 ? 'warn' : 'ok', says];
  });
}

/** What a server would say of who may ask. */
function access(settings: Settings): [Finding['state'], string] {
  try {
    checkAccess(settings);
  } catch (thrown) {
    return ['fail', reason(thrown).split('\n')[0] ?? ''];
  }
  if (settings.secrets.length > 0) return ['ok', 'upload tokens are signed'];
  return ['warn', 'development: one token opens everything'];
}

function isDatabase(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message.startsWith('DATABASE_URL');
}

function reason(thrown: unknown): string {
  const { error, code, message } = failureFacts(thrown);
  return String(message ?? [error, code].filter((word) => word !== undefined).join(' '));
}
