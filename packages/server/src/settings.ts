import type { BlobStore } from './blob-store.ts';
import type { ServerHooks } from './jobs/hooks.ts';
import type { S3Options } from './s3-store.ts';
import { SettingsError } from './settings-error.ts';
import { readKeyTemplate } from './stores/key-template.ts';

/** What a server runs with. */
export interface Settings {
  /** Folder for the audio and the embedded database; made when it is new. Empty when neither is in a folder. */
  data: string;
  /** `postgres://…`; empty: the embedded database. */
  databaseUrl: string;
  /** Most connections to PostgreSQL of this process. Default 20. */
  databaseConnections: number;
  /** An object store; undefined: files in `data`. */
  storage: S3Options | undefined;
  /** Every stored segment is listened to (with ffmpeg) and how it sounds is written into its row. Default false. */
  quality: boolean;
  /** A store of the program's own, in the place of both. Default none. */
  blobs: BlobStore | undefined;
  /**
   * Where audio is put, as `{yyyy}/{mm}/{dd}/{session_id}/{segment_id}.{ext}`; its facts lie below `recordings/` always. Empty:
   * `recordings/{session_id}/{segment_id}.{ext}`.
   */
  audioKeys: string;
  /**
   * Development: the one token that opens everything. At least 16 characters, none of them blank. Empty when `secrets`
   * are given.
   */
  token: string;
  /** Production: what upload tokens are signed with (HS256), the current one first. At least 32 characters each. */
  secrets: readonly string[];
  /** Longest life of a token, in seconds. Default 3600. */
  maxTokenSeconds: number;
  /** Requests of one token in 10 s. Default 300: ten times what a conversation needs. */
  requestsPerWindow: number;
  /** Default 8787; 0 takes any that is free. */
  port: number;
  /** Address to listen on. Default `127.0.0.1`: this machine only. */
  host: string;
  /** Web origins whose pages may call, as the browser names them; `*` for any. Default none. */
  origins: readonly string[];
  /** Largest audio file, in bytes. */
  maxBytes: number;
  /** A body must have come whole within this, in milliseconds. Default 300,000: 64 MiB at 2 Mbit/s. */
  bodyMs: number;
  /** Sessions are erased this many days after their end, unless they say otherwise; 0: never. Default 0. */
  retainDays: number;
  /** Told of every session's end. */
  webhook: WebhookSettings | undefined;
  /** What Prometheus sends to `/metrics`; empty: an admin token is asked for. */
  metricsToken: string;
  /** What is done with a stored segment afterwards. */
  hooks: ServerHooks;
}

/** Where the end of a session is told. */
export interface WebhookSettings {
  /** `https://…` */
  url: string;
  /** Signs each call, as standardwebhooks.com says: base64 of at least 24 bytes, after `whsec_`. */
  secret: string;
  /**
   * What a page sends last may come after the end of its session: the call waits this long for it, in milliseconds.
   * Default 5000.
   */
  delayMs?: number;
}

/** What a setting is when nobody says. 64 MiB hold 5 minutes of 48 kHz stereo WAV (57.6 MB), the longest segment. */
export const DEFAULT_SETTINGS: Readonly<Settings> = Object.freeze({
  data: '',
  databaseUrl: '',
  databaseConnections: 20,
  storage: undefined,
  quality: false,
  blobs: undefined,
  audioKeys: '',
  token: '',
  secrets: Object.freeze<string[]>([]),
  maxTokenSeconds: 3600,
  requestsPerWindow: 300,
  port: 8787,
  host: '127.0.0.1',
  origins: Object.freeze<string[]>([]),
  maxBytes: 64 * 1024 * 1024,
  bodyMs: 300_000,
  retainDays: 0,
  webhook: undefined,
  metricsToken: '',
  hooks: Object.freeze({}),
});

/** Largest JSON body, in bytes. */
export const MAX_JSON_BYTES = 1024 * 1024;

const MAKE_TOKEN = `node -e "console.log(require('crypto').randomBytes(32).toString('hex'))"`;

/** The same rules for the command and for `startServer`. `serves: false`: who may ask is of no matter, since nobody can. */
export function checkSettings(settings: Settings, { serves = true } = {}): Settings {
  checkPlaces(settings);
  if (serves) checkAccess(settings);
  const { port, host, origins, maxBytes } = settings;
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new SettingsError('--port', 'use a number from 1 to 65535, or 0 for any that is free');
  if (host === '') throw new SettingsError('--host', 'use an address such as 127.0.0.1, or 0.0.0.0 for all');
  for (const origin of origins) checkOrigin(origin);
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1024)
    throw new SettingsError('--max-bytes', 'use a whole number of bytes, at least 1024');
  checkCount('--requests', settings.requestsPerWindow, 1);
  checkCount('--max-token-seconds', settings.maxTokenSeconds, 1);
  checkCount('--database-connections', settings.databaseConnections, 1);
  checkCount('--retain-days', settings.retainDays, 0);
  checkWebhook(settings.webhook);
  return settings;
}

function checkPlaces({ data, databaseUrl, storage, blobs, audioKeys }: Settings): void {
  if (audioKeys !== '') readKeyTemplate(audioKeys);
  if (databaseUrl !== '' && !/^postgres(ql)?:\/\//.test(databaseUrl))
    throw new SettingsError('DATABASE_URL', 'use postgres://user:password@host/database, or leave it empty');
  if (data === '' && (databaseUrl === '' || (storage === undefined && blobs === undefined)))
    throw new SettingsError('--data', 'say where the recordings go, as in --data ./turntape-data');
}

/** Refuses a token or secrets that a server must not run with, and none at all. */
export function checkAccess({ token, secrets }: Settings): void {
  if (token !== '' && secrets.length > 0)
    throw new SettingsError(
      '--token',
      'TURNTAPE_SECRET is set, too. Use the token in development, the secret elsewhere.',
    );
  if (token === '' && secrets.length === 0)
    throw new SettingsError(
      '--token',
      `no token is set, and the server does not run open. Make one:\n  ${MAKE_TOKEN}\n` +
        'and give it as TURNTAPE_TOKEN or --token in development, as TURNTAPE_SECRET in production.',
    );
  if (token !== '' && !/^[\x21-\x7e]{16,}$/.test(token))
    throw new SettingsError('--token', `use at least 16 characters without blanks. Make one:\n  ${MAKE_TOKEN}`);
  if (token !== '' && process.env['NODE_ENV'] === 'production')
    throw new SettingsError(
      '--token',
      'one token that opens everything is for development. In production set TURNTAPE_SECRET and mint upload tokens.',
    );
  for (const secret of secrets)
    if (!/^[\x21-\x7e]{32,}$/.test(secret))
      throw new SettingsError(
        'TURNTAPE_SECRET',
        `use at least 32 characters without blanks. Make one:\n  ${MAKE_TOKEN}`,
      );
}

function checkWebhook(webhook: WebhookSettings | undefined): void {
  if (webhook === undefined) return;
  if (!/^https?:$/.test(URL.canParse(webhook.url) ? new URL(webhook.url).protocol : ''))
    throw new SettingsError('--webhook', 'use an address such as https://app.example/turntape');
  if (Buffer.from(webhook.secret.replace(/^whsec_/, ''), 'base64').byteLength < 24)
    throw new SettingsError(
      'TURNTAPE_WEBHOOK_SECRET',
      `use "whsec_" and the base64 of at least 24 bytes. Make one:\n  ${MAKE_TOKEN.replace("'hex'", "'base64'")}`,
    );
}

function checkCount(setting: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw new SettingsError(setting, `use a whole number, at least ${least}`);
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
