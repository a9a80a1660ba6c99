import { parseArgs, type ParseArgsConfig } from 'node:util';
import { checkSettings, DEFAULT_SETTINGS, type Settings } from './settings.ts';
import { SettingsError } from './settings-error.ts';
import { readStorageUrl } from './storage-url.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const OPTIONS = {
  data: { type: 'string' },
  storage: { type: 'string' },
  'database-connections': { type: 'string' },
  'audio-keys': { type: 'string' },
  'log-level': { type: 'string' },
  token: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  origin: { type: 'string', multiple: true },
  'max-bytes': { type: 'string' },
  'max-token-seconds': { type: 'string' },
  requests: { type: 'string' },
  'retain-days': { type: 'string' },
  webhook: { type: 'string' },
  hooks: { type: 'string' },
  quality: { type: 'boolean' },
  // Of single commands.
  'dry-run': { type: 'boolean' },
  verify: { type: 'boolean' },
  session: { type: 'string' },
  scope: { type: 'string' },
  subject: { type: 'string' },
  seconds: { type: 'string' },
  'max-segments': { type: 'string' },
  'max-session-bytes': { type: 'string' },
  speakers: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

/** The command's help. */
export const USAGE = `turntape-server: stores segments, transcripts and sessions as files and in SQL.

  turntape-server --data DIR [options]     serves
  turntape-server doctor  [options]        says what works here and what does not; code 1 when something does not
  turntape-server reindex [--verify]       makes the rows again from the files; --verify reads every file's hash
  turntape-server migrate                  brings the database up to date (a server does so when it starts)
  turntape-server sweep   [--dry-run]      erases what is due (a running server does so by itself, every hour)
  turntape-server token --session ID|'*' [--scope write|read|mint|admin] [--subject WHO] [--seconds N]
                        [--max-segments N] [--max-session-bytes N] [--speakers user,bot]
                        mints an upload token with TURNTAPE_SECRET
  turntape-server seal-keys --key FILE     makes the keys of sealed recordings; says the public one
  turntape-server unseal --key FILE [--out DIR] FILE…      opens sealed recordings

  Only the server itself and "token" need a token or a secret. Several scopes with commas between: --scope write,read

  --data DIR      folder for the audio and the embedded database; made when it is new
  --storage URL   s3://bucket/prefix or file:///folder; default --data. Also as STORAGE. Signs in with AWS_ACCESS_KEY_ID,
                  AWS_SECRET_ACCESS_KEY, AWS_REGION; another store than AWS by AWS_ENDPOINT_URL_S3
  --audio-keys T  where audio is put; default recordings/{session_id}/{segment_id}.{ext}. May hold {yyyy} {mm} {dd} {hh} {unix},
                  {turn_id} {part} {speaker} {role}
  --port N        default ${DEFAULT_SETTINGS.port}; 0 takes any that is free
  --host H        address to listen on; default ${DEFAULT_SETTINGS.host}, this machine only
  --token T       development: what clients send as "Authorization: Bearer T"; better in TURNTAPE_TOKEN, which ps does
                  not show. It opens everything
  --origin O      a web origin whose pages may call, such as http://localhost:5173; repeat it for more, * for any
  --max-bytes N   largest audio file; default ${DEFAULT_SETTINGS.maxBytes}
  --requests N    requests of one upload token in 10 s; default ${DEFAULT_SETTINGS.requestsPerWindow}
  --max-token-seconds N      longest life of an upload token; default ${DEFAULT_SETTINGS.maxTokenSeconds}
  --retain-days N            sessions are erased this long after their end; default 0, never
  --database-connections N   of this process; default ${DEFAULT_SETTINGS.databaseConnections}
  --log-level L   debug (every request), info (what was stored, refused requests), warn, error or silent; default info
  --webhook URL   told of every session's end, signed with TURNTAPE_WEBHOOK_SECRET
  --quality       measures how every stored segment sounds (needs ffmpeg)
  --hooks FILE    a module with "transcribe" (given every stored segment) or "authorize" (asked about every request)

  DATABASE_URL             postgres://user:password@host/database; default: embedded, in --data
  TURNTAPE_SECRET          production: signs upload tokens (HS256); a second one after a comma is still good
  TURNTAPE_WEBHOOK_URL     as --webhook
  TURNTAPE_METRICS_TOKEN   what Prometheus sends to /metrics; default: an admin token is asked for
  STORAGE_ENCRYPTION       AES256 or aws:kms: what the object store is told to encrypt with
`;

/** What the command line says. */
type CommandOptions = ReturnType<typeof readOptions>;

/** Reads the options; one that is not known is a {@link SettingsError}. */
export function readOptions(args: readonly string[]) {
  try {
    return parseArgs({ args: withToken(args), options: OPTIONS, allowPositionals: false }).values;
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    const option = /--?[\w-]+/.exec(cause.message)?.[0] ?? 'command line';
    throw new SettingsError(option, `${cause.message.split('. ')[0]}. See --help.`, cause);
  }
}

/**
 * Reads the command line and the environment. Throws a {@link SettingsError} that names the setting and the fix. `serves: false`: for
 * a command that takes no requests, and needs no token.
 */
export function parseSettings(args: readonly string[], environment: Environment, { serves = true } = {}): Settings {
  const options = readOptions(args);
  const storage = options.storage ?? environment['STORAGE'] ?? '';
  const place = storage === '' ? undefined : readStorageUrl(storage, environment);
  const count = (name: keyof CommandOptions, preset: number) => {
    const text = options[name];
    return typeof text === 'string' ? toNumber(`--${name}`, text) : preset;
  };
  const webhook = options.webhook ?? environment['TURNTAPE_WEBHOOK_URL'] ?? '';
  return checkSettings(
    {
      ...DEFAULT_SETTINGS,
      data: options.data ?? (place !== undefined && 'folder' in place ? place.folder : ''),
      databaseUrl: environment['DATABASE_URL'] ?? '',
      databaseConnections: count('database-connections', DEFAULT_SETTINGS.databaseConnections),
      storage: place !== undefined && 's3' in place ? place.s3 : undefined,
      audioKeys: options['audio-keys'] ?? DEFAULT_SETTINGS.audioKeys,
      token: options.token ?? environment['TURNTAPE_TOKEN'] ?? '',
      secrets: readSecrets(environment),
      port: count('port', DEFAULT_SETTINGS.port),
      host: options.host ?? DEFAULT_SETTINGS.host,
      origins: options.origin ?? DEFAULT_SETTINGS.origins,
      maxBytes: count('max-bytes', DEFAULT_SETTINGS.maxBytes),
      maxTokenSeconds: count('max-token-seconds', DEFAULT_SETTINGS.maxTokenSeconds),
      requestsPerWindow: count('requests', DEFAULT_SETTINGS.requestsPerWindow),
      retainDays: count('retain-days', DEFAULT_SETTINGS.retainDays),
      webhook: webhook === '' ? undefined : { url: webhook, secret: environment['TURNTAPE_WEBHOOK_SECRET'] ?? '' },
      quality: options.quality ?? DEFAULT_SETTINGS.quality,
      metricsToken: environment['TURNTAPE_METRICS_TOKEN'] ?? '',
    },
    { serves },
  );
}

/** The secrets in the environment, the current one first. */
export function readSecrets(environment: Environment): string[] {
  return (environment['TURNTAPE_SECRET'] ?? '').split(',').filter((secret) => secret !== '');
}

/** A whole number, or a {@link SettingsError}. */
export function toNumber(setting: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new SettingsError(setting, `"${text}" is not a whole number`);
  return Number(text);
}

/** A random token may begin with a dash, which the parser would take for an option. */
function withToken(args: readonly string[]): string[] {
  const at = args.indexOf('--token');
  const token = args[at + 1];
  return at < 0 || token === undefined ? [...args] : [...args.slice(0, at), `--token=${token}`, ...args.slice(at + 2)];
}
