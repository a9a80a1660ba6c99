import { TurntapeError } from '../../core/errors.ts';
import { abortable } from '../abortable.ts';
import { SLOWEST_BYTES_PER_SECOND } from '../send-limit.ts';
import { type HttpAnswer, isUnauthorized } from './http-answer.ts';

/** What a request is for, as `headers` is told. */
export type HttpPurpose = 'segment' | 'transcript' | 'session' | 'erasure' | 'config';

/** What `headers` is given. */
export interface HeadersContext {
  readonly sessionId: string;
  readonly purpose: HttpPurpose;
  /** Aborted when the answer is not waited for any more. */
  readonly signal: AbortSignal;
}

/** What every request of a target shares. */
export interface HttpOptions {
  /**
   * Headers of a request, asked for each one: a short-lived token, usually. Asked again, once, when the backend answers
   * 401 or 403. When it throws, the item is tried again later: a token endpoint that is down is a network that is down.
   */
  headers?: ((context: HeadersContext) => HeadersInit | Promise<HeadersInit>) | undefined;
  /** Default: the browser's own. */
  fetch?: typeof fetch | undefined;
  /** How long an answer may take, beyond the time that its body needs at 4 KiB/s. Default 30000. */
  timeoutMs?: number | undefined;
}

/** One request, whole. */
export interface HttpRequest {
  /** `GET`, `POST`, `PUT`, `DELETE`; those of tus. */
  readonly method: string;
  readonly address: string;
  readonly purpose: HttpPurpose;
  readonly sessionId: string;
  readonly signal: AbortSignal;
  readonly body?: { readonly content: FormData | Blob | string; readonly byteSize: number } | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Called when the backend has begun to answer with a success: the bytes have gone. */
  readonly onSent?: (() => void) | undefined;
}

/** Time for an answer when the app says nothing. */
const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Makes a request and reads the answer to its end; with a fresh token once more when the first was refused.
 * @throws TurntapeError `network`, retryable: no answer, half of one, none in time, or no headers; `aborted`.
 */
export async function exchange(request: HttpRequest, options: HttpOptions): Promise<HttpAnswer> {
  const answer = await attempt(request, options);
  return options.headers && isUnauthorized(answer) ? attempt(request, options) : answer;
}

async function attempt(request: HttpRequest, options: HttpOptions): Promise<HttpAnswer> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const transferMs = ((request.body?.byteSize ?? 0) / SLOWEST_BYTES_PER_SECOND) * 1000;
  const timeout = AbortSignal.timeout(Math.ceil(timeoutMs + transferMs));
  const signal = AbortSignal.any([request.signal, timeout]);
  try {
    return await abortable(roundTrip({ ...request, signal }, options), signal);
  } catch (thrown) {
    if (request.signal.aborted) throw new TurntapeError('aborted', 'the request was aborted', { cause: thrown });
    if (thrown instanceof TurntapeError) throw thrown;
    const message = timeout.aborted ? 'the backend did not answer in time' : 'the backend could not be reached';
    throw new TurntapeError('network', message, { retryable: true, cause: thrown });
  }
}

/** Makes a request that goes on when the page is gone. Once its headers are there, nothing stands before it. */
export async function leave(request: HttpRequest, options: HttpOptions): Promise<void> {
  const { method, address, body } = request;
  const headers = await requestHeaders(request, options);
  const send = options.fetch ?? globalThis.fetch;
  await send(address, { method, headers, keepalive: true, cache: 'no-store', body: body?.content ?? null });
}

async function roundTrip(request: HttpRequest, options: HttpOptions): Promise<HttpAnswer> {
  const { method, address, signal, body } = request;
  const headers = await requestHeaders(request, options);
  // Called as a plain function: `fetch` refuses to be a method of anything else.
  const send = options.fetch ?? globalThis.fetch;
  const response = await send(address, { method, headers, signal, cache: 'no-store', body: body?.content ?? null });
  if (response.ok) request.onSent?.();
  return { status: response.status, headers: response.headers, body: parseJson(await response.text()) };
}

async function requestHeaders(request: HttpRequest, options: HttpOptions): Promise<Headers> {
  const headers = await readHeaders(request, options);
  // The body's own: a form names its boundary there.
  headers.delete('content-type');
  for (const [name, value] of Object.entries(request.headers ?? {})) headers.set(name, value);
  return headers;
}

async function readHeaders({ sessionId, purpose, signal }: HttpRequest, options: HttpOptions): Promise<Headers> {
  try {
    return new Headers(await options.headers?.({ sessionId, purpose, signal }));
  } catch (thrown) {
    if (thrown instanceof TurntapeError) throw thrown;
    throw new TurntapeError('network', 'the headers for the backend could not be had', {
      retryable: true,
      cause: thrown,
    });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}
