import { TurntapeError } from '../../core/errors.ts';
import type { SegmentWire } from '../../core/wire.ts';
import type { SendOptions } from '../../upload-contract/target.ts';
import { checkBaseAddress } from './base-address.ts';
import { type HttpAnswer, type PostKind, errorOf, isStored } from './http-answer.ts';
import { type HttpOptions, type HttpRequest, exchange, leave } from './http-exchange.ts';
import { type HttpLimits, NO_LIMITS, checkJsonLimit, checkSegmentLimits, readLimits } from './http-limits.ts';

/** What a post is made of, beside its address. */
export type HttpPost = Pick<HttpRequest, 'body' | 'headers' | 'signal' | 'onSent'>;

/** Two parts of a form, each with its boundary, its names and its type, and the last boundary: some 450 bytes. */
const FRAMING_BYTES = 1024;

/** The backend under one address, as every target that talks HTTP sees it: its limits, its answers, its failures. */
export class HttpBackend {
  readonly base: string;
  readonly options: HttpOptions;
  #limits: HttpLimits | undefined;

  /** @throws TurntapeError `invalid_option` (`base`, `timeoutMs`) */
  constructor(base: string, options: HttpOptions) {
    const { timeoutMs } = options;
    if (timeoutMs !== undefined && !(Number.isFinite(timeoutMs) && timeoutMs > 0))
      throw new TurntapeError('invalid_option', 'timeoutMs must be a positive number', { field: 'timeoutMs' });
    this.base = checkBaseAddress(base);
    this.options = options;
  }

  /**
   * Refuses what the backend would refuse.
   * @throws TurntapeError `rejected`
   */
  async checkSegment(
    segment: SegmentWire,
    audio: Blob | undefined,
    jsonSize: number,
    options: SendOptions,
  ): Promise<void> {
    const limits = await this.#askLimits(segment.session_id, options);
    checkSegmentLimits(segment, audio, limits);
    checkJsonLimit(jsonSize, 'segment', limits);
  }

  /**
   * Posts, and gives the answer of a success.
   * @throws TurntapeError what any other answer means
   */
  async post(kind: PostKind, path: string, sessionId: string, post: HttpPost): Promise<HttpAnswer> {
    const answer = await this.ask(kind, path, sessionId, post);
    if (!isStored(answer)) throw errorOf(answer, kind, Date.now());
    return answer;
  }

  /**
   * Deletes. What is not there is gone already.
   * @throws TurntapeError what any other answer means
   */
  async delete(path: string, sessionId: string, { signal, onSent }: SendOptions): Promise<void> {
    const address = `${this.base}/${path}`;
    const request: HttpRequest = { method: 'DELETE', address, purpose: 'erasure', sessionId, signal, onSent };
    const answer = await exchange(request, this.options);
    if (!isStored(answer) && answer.status !== 404) throw errorOf(answer, 'erasure', Date.now());
  }

  /** Posts, and gives the answer, whatever it is. */
  async ask(kind: PostKind, path: string, sessionId: string, post: HttpPost): Promise<HttpAnswer> {
    const address = `${this.base}/${path}`;
    const answer = await exchange({ ...post, method: 'POST', address, purpose: kind, sessionId }, this.options);
    // It works: a backend whose `config` gives no answer all the same (CORS, say) publishes none.
    if (isStored(answer)) this.#limits ??= NO_LIMITS;
    return answer;
  }

  /**
   * Begins a post that outlives the page, if it fits into `bytesLeft`: of the body, and what the browser puts around the parts
   * of a form. Returns how many it needs; 0: not begun. Nobody hears what becomes of it.
   */
  postAtExit(
    purpose: Exclude<PostKind, 'erasure'>,
    path: string,
    sessionId: string,
    { body, headers }: Pick<HttpPost, 'body' | 'headers'>,
    bytesLeft: number,
  ): number {
    const bytes = (body?.byteSize ?? 0) + FRAMING_BYTES;
    if (bytes > bytesLeft) return 0;
    const { signal } = new AbortController();
    const address = `${this.base}/${path}`;
    // The page is gone before there is an answer. What failed is in the outbox.
    leave({ method: 'POST', address, purpose, sessionId, signal, body, headers }, this.options).catch(() => undefined);
    return bytes;
  }

  /** Posts JSON, and gives the answer, whatever it is. */
  askJson(
    kind: PostKind,
    path: string,
    sessionId: string,
    facts: unknown,
    { signal, onSent }: SendOptions,
  ): Promise<HttpAnswer> {
    return this.ask(kind, path, sessionId, { ...jsonOf(facts), signal, onSent });
  }

  /** Posts JSON of no more bytes than the backend takes. */
  async postJson(
    kind: PostKind,
    path: string,
    sessionId: string,
    facts: unknown,
    options: SendOptions,
  ): Promise<HttpAnswer> {
    const limits = await this.#askLimits(sessionId, options);
    const json = jsonOf(facts);
    checkJsonLimit(json.body.byteSize, kind, limits);
    return this.post(kind, path, sessionId, { ...json, ...options });
  }

  /**
   * Settles when anybody answers: one who refuses a call without a token is there.
   * @throws TurntapeError `network`, `server_error`; `aborted`
   */
  async check(signal: AbortSignal): Promise<void> {
    const address = `${this.base}/config`;
    const request: HttpRequest = { method: 'GET', address, purpose: 'config', sessionId: '', signal };
    const answer = await exchange(request, { ...this.options, headers: undefined });
    const error = isStored(answer) ? undefined : errorOf(answer, 'segment', Date.now());
    if (error?.retryable) throw error;
  }

  /** Asked once, unless the answer says nothing of the backend: none at all, a failure, a token refused. */
  async #askLimits(sessionId: string, { signal }: SendOptions): Promise<HttpLimits> {
    if (this.#limits) return this.#limits;
    const address = `${this.base}/config`;
    try {
      const request: HttpRequest = { method: 'GET', address, purpose: 'config', sessionId, signal };
      const answer = await exchange(request, this.options);
      if (isStored(answer)) this.#limits = readLimits(answer);
      else if (errorOf(answer, 'segment', Date.now()).code === 'rejected') this.#limits = NO_LIMITS;
    } catch (thrown) {
      if (!(thrown instanceof TurntapeError && thrown.code === 'network')) throw thrown;
    }
    return this.#limits ?? NO_LIMITS;
  }
}

/** Facts as the body of a request. */
export function jsonOf(facts: unknown): Required<Pick<HttpPost, 'body' | 'headers'>> & {
  body: { content: string; byteSize: number };
} {
  const content = JSON.stringify(facts);
  const byteSize = new TextEncoder().encode(content).byteLength;
  return { body: { content, byteSize }, headers: { 'content-type': 'application/json' } };
}
