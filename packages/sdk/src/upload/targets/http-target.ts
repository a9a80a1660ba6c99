import type { SegmentWire, SessionWire, TranscriptWire } from '../../core/wire.ts';
import type { Receipt } from '../../upload-contract/receipt.ts';
import type { SendOptions, UploadTarget } from '../../upload-contract/target.ts';
import { mediaType } from '../media-type.ts';
import type { OutboxPayload } from '../../upload-contract/outbox.ts';
import { HttpBackend, jsonOf } from './http-backend.ts';
import type { HttpOptions } from './http-exchange.ts';
import { readReceipt } from './read-receipt.ts';

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
  return new HttpTarget(new HttpBackend(base, options));
}

/** The target of {@link httpTarget}; others send by it what they have no way of their own for. */
export class HttpTarget implements UploadTarget {
  /** Every request has its own `timeoutMs`. */
  readonly sendTimeoutMs = Infinity;
  readonly #backend: HttpBackend;

  constructor(backend: HttpBackend) {
    this.#backend = backend;
  }

  async send(segment: SegmentWire, audio: Blob | undefined, options: SendOptions): Promise<Receipt> {
    const { body, factsSize } = formOf(segment, audio);
    await this.#backend.checkSegment(segment, audio, factsSize, options);
    const answer = await this.#backend.post('segment', 'segments', segment.session_id, { body, ...options });
    return readReceipt(answer);
  }

  async sendTranscript(transcript: TranscriptWire, options: SendOptions): Promise<void> {
    await this.#backend.postJson('transcript', 'transcripts', transcript.session_id, transcript, options);
  }

  async sendSession(session: SessionWire, options: SendOptions): Promise<void> {
    await this.#backend.postJson('session', 'sessions', session.session_id, session, options);
  }

  /** `DELETE {base}/sessions/{id}`; `headers` is told the purpose `erasure`: a backend may want more than an upload token. */
  async eraseSession(sessionId: string, options: SendOptions): Promise<void> {
    await this.#backend.delete(`sessions/${sessionId}`, sessionId, options);
  }

  /** `GET {base}/config`, without the headers of the app. */
  check({ signal }: { signal: AbortSignal }): Promise<void> {
    return this.#backend.check(signal);
  }

  /** One request, without asking for limits first; a token that takes longer than a few promises comes too late. */
  sendAtExit(payload: OutboxPayload, audio: Blob | undefined, { bytesLeft }: { bytesLeft: number }): number {
    if (payload.kind === 'segment') {
      const { segment } = payload;
      const { body } = formOf(segment, audio);
      return this.#backend.postAtExit('segment', 'segments', segment.session_id, { body }, bytesLeft);
    }
    if (payload.kind === 'erasure') return 0;
    const { kind } = payload;
    const facts = payload.kind === 'session' ? payload.session : payload.transcript;
    return this.#backend.postAtExit(kind, `${kind}s`, facts.session_id, jsonOf(facts), bytesLeft);
  }
}

/** A segment as it travels, and the size of its facts. */
function formOf(
  segment: SegmentWire,
  audio: Blob | undefined,
): { body: { content: FormData; byteSize: number }; factsSize: number } {
  const json = JSON.stringify({ ...segment, sent_at: new Date().toISOString() });
  const facts = new Blob([json], { type: 'application/json' });
  const form = new FormData();
  form.append('segment', facts);
  const { type, extension } = mediaType(segment);
  // Of our own type whatever the caller's Blob says: the backend believes it.
  if (audio) form.append('audio', new Blob([audio], { type }), `${segment.segment_id}.${extension}`);
  return { body: { content: form, byteSize: facts.size + (audio?.size ?? 0) }, factsSize: facts.size };
}
