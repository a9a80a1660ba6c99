import { TurntapeError } from '../../core/errors.ts';
import type { SegmentWire, SessionWire, TranscriptWire } from '../../core/wire.ts';
import type { Receipt } from '../../upload-contract/receipt.ts';
import type { SendOptions, UploadTarget } from '../../upload-contract/target.ts';
import { MEDIA_TYPES } from '../media-type.ts';
import { checkBaseAddress } from './base-address.ts';
import { type HttpAnswer, type PostKind, errorOf, fieldsOf, isStored, malformed } from './http-answer.ts';
import { type HttpOptions, type HttpRequest, exchange } from './http-exchange.ts';
import { type HttpLimits, NO_LIMITS, checkJsonLimit, checkSegmentLimits, readLimits } from './http-limits.ts';

export type { HeadersContext, HttpOptions } from './http-exchange.ts';

/**
 * A backend that takes one request per segment: `POST {base}/segments` (multipart: `segment`, `audio`), and
 * `POST {base}/transcripts` and `POST {base}/sessions` (JSON) where it has a place for them. `GET {base}/config` is
 * asked once, before the first send.
 *
 * @param base The address before `/segments`: `'/v1'`, `'https://voice.example/v1'`.
 * @throws TurntapeError `invalid_option` (`base`, `timeoutMs`)
 */
export function httpTarget(base: string, options: HttpOptions = {}): UploadTarget {
  const { timeoutMs } = options;
  if (timeoutMs !== undefined && !(Number.isFinite(timeoutMs) && timeoutMs > 0))
    throw new TurntapeError('invalid_option', 'timeoutMs must be a positive number', { field: 'timeoutMs' });
  return new HttpTarget(checkBaseAddress(base), options);
}

class HttpTarget implements UploadTarget {
  readonly #base: string;
  readonly #options: HttpOptions;
  #limits: HttpLimits | undefined;

  constructor(base: string, options: HttpOptions) {
    this.#base = base;
    this.#options = options;
  }

  async send(segment: SegmentWire, audio: Blob | undefined, options: SendOptions): Promise<Receipt> {
    const limits = await this.#askLimits(segment.session_id, options);
    const json = JSON.stringify({ ...segment, sent_at: new Date().toISOString() });
    const facts = new Blob([json], { type: 'application/json' });
    checkSegmentLimits(segment, audio, limits);
    checkJsonLimit(facts.size, 'segment', limits);
    const form = new FormData();
    form.append('segment', facts);
    const { type, extension } = MEDIA_TYPES[segment.format];
    // Of our own type whatever the caller's Blob says: the backend believes it.
    if (audio) form.append('audio', new Blob([audio], { type }), `${segment.segment_id}.${extension}`);
    const body = { content: form, byteSize: facts.size + (audio?.size ?? 0) };
    const answer = await this.#post('segment', 'segments', segment.session_id, { body, ...options });
    return readReceipt(answer);
  }

  async sendTranscript(transcript: TranscriptWire, options: SendOptions): Promise<void> {
    await this.#postJson('transcript', 'transcripts', transcript.session_id, transcript, options);
  }

  async sendSession(session: SessionWire, options: SendOptions): Promise<void> {
    await this.#postJson('session', 'sessions', session.session_id, session, options);
  }

  async #postJson(
    kind: PostKind,
    path: string,
    sessionId: string,
    facts: unknown,
    options: SendOptions,
  ): Promise<void> {
    const limits = await this.#askLimits(sessionId, options);
    const content = JSON.stringify(facts);
    const byteSize = new TextEncoder().encode(content).byteLength;
    checkJsonLimit(byteSize, kind, limits);
    const headers = { 'content-type': 'application/json' };
    await this.#post(kind, path, sessionId, { body: { content, byteSize }, headers, ...options });
  }

  async #post(
    kind: PostKind,
    path: string,
    sessionId: string,
    request: Pick<HttpRequest, 'body' | 'headers' | 'signal' | 'onSent'>,
  ): Promise<HttpAnswer> {
    const address = `${this.#base}/${path}`;
    const answer = await exchange({ ...request, method: 'POST', address, purpose: kind, sessionId }, this.#options);
    if (!isStored(answer)) throw errorOf(answer, kind, Date.now());
    // It works: a backend whose `config` gives no answer all the same (CORS, say) publishes none.
    this.#limits ??= NO_LIMITS;
    return answer;
  }

  /** Asked once, unless the answer says nothing of the backend: none at all, a failure, a token refused. */
  async #askLimits(sessionId: string, { signal }: SendOptions): Promise<HttpLimits> {
    if (this.#limits) return this.#limits;
    const address = `${this.#base}/config`;
    try {
      const request: HttpRequest = { method: 'GET', address, purpose: 'config', sessionId, signal };
      const answer = await exchange(request, this.#options);
      if (isStored(answer)) this.#limits = readLimits(answer);
      else if (errorOf(answer, 'segment', Date.now()).code === 'rejected') this.#limits = NO_LIMITS;
    } catch (thrown) {
      if (!(thrown instanceof TurntapeError && thrown.code === 'network')) throw thrown;
    }
    return this.#limits ?? NO_LIMITS;
  }
}

function readReceipt(answer: HttpAnswer): Receipt {
  const { segment_id, sha256, byte_size, audio_url } = fieldsOf(answer.body);
  if (typeof segment_id !== 'string') throw malformed(answer, 'segment_id');
  if (typeof byte_size !== 'number') throw malformed(answer, 'byte_size');
  // A turn without audio has no hash; some backends say so with null.
  const hash = sha256 === null && byte_size === 0 ? '' : sha256;
  if (typeof hash !== 'string') throw malformed(answer, 'sha256');
  const receipt: Receipt = { segment_id, sha256: hash, byte_size };
  if (typeof audio_url === 'string' && audio_url !== '') receipt.audio_url = audio_url;
  return receipt;
}
