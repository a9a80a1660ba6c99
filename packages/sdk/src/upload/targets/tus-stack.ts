import type { HttpRequest, HttpResponse, HttpStack } from 'tus-js-client';
import type { HttpAnswer } from './http-answer.ts';
import { type HttpOptions, exchange } from './http-exchange.ts';

/** What the requests of one upload share. */
interface TusContext {
  readonly sessionId: string;
  readonly signal: AbortSignal;
  readonly options: HttpOptions;
}

/**
 * The requests of tus-js-client, made by `exchange`: with `fetch` (a service worker has no XMLHttpRequest), with the app's
 * headers asked for each of them, a fresh token after a refusal, and a limit of time.
 */
export class TusStack implements HttpStack {
  readonly #context: TusContext;
  /** The last answer, whole: an error of tus-js-client knows its status alone. */
  answer: HttpAnswer | undefined;

  constructor(context: TusContext) {
    this.#context = context;
  }

  getName(): string {
    return 'turntape';
  }

  createRequest(method: string, url: string): HttpRequest {
    const abort = new AbortController();
    const headers: Record<string, string> = {};
    return {
      getMethod: () => method,
      getURL: () => url,
      setHeader: (name, value) => void (headers[name] = value),
      getHeader: (name) => headers[name],
      setProgressHandler: () => {},
      getUnderlyingObject: () => undefined,
      abort: async () => abort.abort(),
      send: async (body: unknown) => {
        const content = body instanceof Blob ? body : undefined;
        const { sessionId, options } = this.#context;
        const signal = AbortSignal.any([this.#context.signal, abort.signal]);
        const request = { method, address: url, purpose: 'segment', sessionId, signal, headers } as const;
        this.answer = await exchange(
          { ...request, ...(content && { body: { content, byteSize: content.size } }) },
          options,
        );
        return responseOf(this.answer);
      },
    };
  }
}

function responseOf({ status, headers }: HttpAnswer): HttpResponse {
  return {
    getStatus: () => status,
    getHeader: (name) => headers.get(name) ?? undefined,
    getBody: () => '',
    getUnderlyingObject: () => undefined,
  };
}
