import { TurntapeError } from '../../core/errors.ts';
import type { LoadSettingsOptions } from './settings.ts';
import { isObject } from './settings-document.ts';

/** A document as it came. */
export interface ReadSettings {
  document: Readonly<Record<string, unknown>>;
  from: 'given' | 'network' | 'cache';
  /** It is good: keeps it for a time without a network. */
  keep: () => Promise<void>;
}

const nothing = async (): Promise<void> => undefined;

/** Reads a document of settings. @throws TurntapeError `invalid_argument`, `network`, `server_error`, `aborted` */
export async function readSettings(
  source: string | URL | Readonly<Record<string, unknown>>,
  { request, cache, signal }: LoadSettingsOptions,
): Promise<ReadSettings> {
  if (typeof source !== 'string' && !(source instanceof URL))
    return { document: asObject(source), from: 'given', keep: nothing };
  const url = String(source);
  // Absent on a page that is not secure: then there is no network without which it would have loaded.
  const store = cache === undefined ? undefined : await (globalThis.caches as CacheStorage | undefined)?.open(cache);
  const answer = await ask(url, { ...request, ...(signal && { signal }) });
  if (answer instanceof Response) {
    const text = await answer.text().catch((cause: unknown) => Promise.reject(unreachable(url, signal, cause)));
    const keep = async (): Promise<void> =>
      store?.put(url, new Response(text, { headers: { 'content-type': 'application/json' } }));
    return { document: parse(text), from: 'network', keep };
  }
  const kept = answer.code === 'aborted' ? undefined : await store?.match(url);
  if (!kept) throw answer;
  return { document: parse(await kept.text()), from: 'cache', keep: nothing };
}

async function ask(url: string, init: RequestInit): Promise<Response | TurntapeError> {
  try {
    const response = await fetch(url, { ...init, headers: { accept: 'application/json', ...plain(init.headers) } });
    if (response.ok) return response;
    const message = `the settings at ${url} were answered with ${response.status}`;
    return new TurntapeError('server_error', message, { retryable: response.status >= 500 });
  } catch (cause) {
    return unreachable(url, init.signal ?? undefined, cause);
  }
}

function plain(headers: HeadersInit | undefined): Record<string, string> {
  return Object.fromEntries(new Headers(headers).entries());
}

function unreachable(url: string, signal: AbortSignal | undefined, cause: unknown): TurntapeError {
  if (signal?.aborted) return new TurntapeError('aborted', 'the caller gave it up', { cause });
  return new TurntapeError('network', `the settings at ${url} could not be had`, { retryable: true, cause });
}

function parse(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TurntapeError('invalid_argument', 'the settings are no JSON', { field: 'settings', cause });
  }
  return asObject(value);
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value;
  throw new TurntapeError('invalid_argument', 'the settings must be a JSON object', { field: 'settings' });
}
