import { parseArgs, type ParseArgsConfig } from 'node:util';
import { SettingsError } from './settings-error.ts';

/** What a server runs with. */
export interface Settings {
  /** Folder for the audio and the embedded database; made when it is new. */
  data: string;
  /** What every request under `/v1` must carry. At least 16 characters, none of them blank. */
  token: string;
  /** Default 8787; 0 takes any that is free. */
  port: number;
  /** Address to listen on. Default `127.0.0.1`: this machine only. */
  host: string;
  /** Web origins whose pages may call, as the browser names them; `*` for any. Default none. */
  origins: readonly string[];
  /** Largest audio file, in bytes. */
  maxBytes: number;
}

/** What a setting is when nobody says. 64 MiB hold 5 minutes of 48 kHz stereo WAV (57.6 MB), the longest segment. */
export const DEFAULT_SETTINGS = Object.freeze({
  port: 8787,
  host: '127.0.0.1',
  origins: Object.freeze<string[]>([]),
  maxBytes: 64 * 1024 * 1024,
});

/** Largest JSON body, in bytes. */
export const MAX_JSON_BYTES = 1024 * 1024;

const MAKE_TOKEN = `node -e "console.log(require('crypto').randomBytes(32).toString('hex'))"`;

const OPTIONS = {
  data: { type: 'string' },
  token: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  origin: { type: 'string', multiple: true },
  'max-bytes': { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

/** The command's help. */
export const USAGE = `turntape-server: stores segments, transcripts and sessions on disk and in SQL.

  turntape-server --data DIR [--port N] [--host H] [--token T] [--origin O]… [--max-bytes N]

  --data DIR     folder for the audio and the embedded database; made when it is new
  --port N       default ${DEFAULT_SETTINGS.port}; 0 takes any that is free
  --host H       address to listen on; default ${DEFAULT_SETTINGS.host}, this machine only
  --token T      what clients send as "Authorization: Bearer T"; better in TURNTAPE_TOKEN, which ps does not show
  --origin O     a web origin whose pages may call, such as http://localhost:5173; repeat it for more, * for any
  --max-bytes N  largest audio file; default ${DEFAULT_SETTINGS.maxBytes}
`;

/** Reads the command line and the environment. Throws a {@link SettingsError} that names the setting and the fix. */
export function parseSettings(args: readonly string[], environment: Readonly<Record<string, string | undefined>>) {
  const { data, token, port, host, origin, 'max-bytes': maxBytes } = readOptions(args);
  return checkSettings({
    data: data ?? '',
    token: token ?? environment['TURNTAPE_TOKEN'] ?? '',
    port: port === undefined ? DEFAULT_SETTINGS.port : toNumber('--port', port),
    host: host ?? DEFAULT_SETTINGS.host,
    origins: origin ?? DEFAULT_SETTINGS.origins,
    maxBytes: maxBytes === undefined ? DEFAULT_SETTINGS.maxBytes : toNumber('--max-bytes', maxBytes),
  });
}

/** The same rules for the command and for `startServer`. */
export function checkSettings(settings: Settings): Settings {
  const { data, token, port, host, origins, maxBytes } = settings;
  if (data === '') throw new SettingsError('--data', 'say where the recordings go, as in --data ./turntape-data');
  if (token === '')
    throw new SettingsError(
      '--token',
      `no token is set, and the server does not run open. Make one:\n  ${MAKE_TOKEN}\n` +
        'and give it as TURNTAPE_TOKEN or --token.',
    );
  if (!/^[\x21-\x7e]{16,}$/.test(token))
    throw new SettingsError('--token', `use at least 16 characters without blanks. Make one:\n  ${MAKE_TOKEN}`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new SettingsError('--port', 'use a number from 1 to 65535, or 0 for any that is free');
  if (host === '') throw new SettingsError('--host', 'use an address such as 127.0.0.1, or 0.0.0.0 for all');
  for (const origin of origins) checkOrigin(origin);
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1024)
    throw new SettingsError('--max-bytes', 'use a whole number of bytes, at least 1024');
  return settings;
}

function readOptions(args: readonly string[]) {
  try {
    return parseArgs({ args: withToken(args), options: OPTIONS, allowPositionals: false }).values;
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    const option = /--?[\w-]+/.exec(cause.message)?.[0] ?? 'command line';
    throw new SettingsError(option, `${cause.message.split('. ')[0]}. See --help.`, cause);
  }
}

/** A random token may begin with a dash, which the parser would take for an option. */
function withToken(args: readonly string[]): string[] {
  const at = args.indexOf('--token');
  const token = args[at + 1];
  return at < 0 || token === undefined ? [...args] : [...args.slice(0, at), `--token=${token}`, ...args.slice(at + 2)];
}

function toNumber(setting: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new SettingsError(setting, `"${text}" is not a whole number`);
  return Number(text);
}

function checkOrigin(origin: string): void {
  if (origin === '*') return;
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url === undefined || url.origin !== origin)
    throw new SettingsError(
      '--origin',
      `"${origin}" is not a web origin. Use scheme, host and port only${url && url.origin !== 'null' ? `: ${url.origin}` : ', such as https://app.example'}`,
    );
}
