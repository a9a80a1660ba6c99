import { TurntapeError } from '../../core/errors.ts';
import type { SegmentWire, SessionWire, TranscriptWire } from '../../core/wire.ts';
import type { Receipt } from '../../upload-contract/receipt.ts';
import { serverAnswer } from '../../upload-contract/server-answer.ts';
import type { SendOptions, UploadTarget } from '../../upload-contract/target.ts';
import { completeUpload } from './complete-upload.ts';
import { type HttpAnswer, errorOf, fieldsOf, isStored, malformed } from './http-answer.ts';
import { HttpBackend } from './http-backend.ts';
import { type HttpOptions, exchange } from './http-exchange.ts';
import { HttpTarget } from './http-target.ts';
import { readReceipt } from './read-receipt.ts';

export type { HeadersContext, HttpOptions } from './http-exchange.ts';

/** Puts of one try, each with a ticket of its own. A store's 403 reaches a page as a lost network: blind repeats help nobody. */
const PUTS_PER_TRY = 2;

/** Fit for a path as it stands. */
const TICKET_ID = /^[\w.-]{1,2048}$/;

/** A place in the store, and how to put a file there. */
interface Ticket {
  readonly ticketId: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A backend whose files go straight to an S3-compatible store: `POST {base}/tickets` with the metadata, a PUT to the
 * presigned address of the answer, `POST {base}/tickets/{ticket_id}/complete`. A PUT that fails asks for a new ticket.
 * Our headers, the token among them, never go to the store. Transcripts and sessions go as with `httpTarget`.
 *
 * @param base The address before `/tickets`: `'/v1'`, `'https://voice.example/v1'`.
 * @throws TurntapeError `invalid_option` (`base`, `timeoutMs`)
 */
export function ticketTarget(base: string, options: HttpOptions = {}): UploadTarget {
  return new TicketTarget(new HttpBackend(base, options));
}

class TicketTarget implements UploadTarget {
  /** Every request has its own `timeoutMs`. */
  readonly sendTimeoutMs = Infinity;
  readonly #backend: HttpBackend;
  readonly #http: HttpTarget;

  constructor(backend: HttpBackend) {
    this.#backend = backend;
    this.#http = new HttpTarget(backend);
  }

  async send(segment: SegmentWire, audio: Blob | undefined, options: SendOptions): Promise<Receipt> {
    const { size } = new Blob([JSON.stringify(segment)]);
    await this.#backend.checkSegment(segment, audio, size, options);
    for (let puts = 1; ; puts += 1) {
      const ticket = await this.#askTicket(segment, audio, options);
      if ('segment_id' in ticket) return ticket;
      const failure = await this.#put(ticket, segment.session_id, audio, options);
      const path = `tickets/${ticket.ticketId}/complete`;
      const result = failure ?? (await completeUpload({ backend: this.#backend, path, segment, options }));
      if (!(result instanceof TurntapeError)) return result;
      // A store that asks for time is given it.
      if (puts === PUTS_PER_TRY || serverAnswer(result)?.retryAfterMs !== undefined) throw result;
    }
  }

  sendTranscript(transcript: TranscriptWire, options: SendOptions): Promise<void> {
    return this.#http.sendTranscript(transcript, options);
  }

  sendSession(session: SessionWire, options: SendOptions): Promise<void> {
    return this.#http.sendSession(session, options);
  }

  eraseSession(sessionId: string, options: SendOptions): Promise<void> {
    return this.#http.eraseSession(sessionId, options);
  }

  check(options: { signal: AbortSignal }): Promise<void> {
    return this.#http.check(options);
  }

  /** A ticket, or the receipt when there is nothing to put. */
  async #askTicket(segment: SegmentWire, audio: Blob | undefined, { signal }: SendOptions): Promise<Ticket | Receipt> {
    const metadata = { ...segment, sent_at: new Date().toISOString() };
    const answer = await this.#backend.askJson('segment', 'tickets', segment.session_id, metadata, { signal });
    if (!isStored(answer)) throw errorOf(answer, 'segment', Date.now());
    return 'put' in fieldsOf(answer.body) && audio ? readTicket(answer) : readReceipt(answer);
  }

  /** Puts the file. Gives the error instead of throwing it: whatever a store says, a new ticket may help. */
  async #put(
    { url, headers }: Ticket,
    sessionId: string,
    audio: Blob | undefined,
    { signal, onSent }: SendOptions,
  ): Promise<TurntapeError | undefined> {
    const content = audio ?? new Blob([]);
    const { fetch, timeoutMs } = this.#backend.options;
    try {
      const answer = await exchange(
        {
          method: 'PUT',
          address: url,
          purpose: 'segment',
          sessionId,
          signal,
          body: { content, byteSize: content.size },
          headers,
          onSent,
        },
        { fetch, timeoutMs },
      );
      if (isStored(answer)) return undefined;
      const error = errorOf(answer, 'segment', Date.now());
      return new TurntapeError('server_error', `the store did not take the file: ${error.message}`, {
        retryable: true,
        cause: error.cause,
      });
    } catch (thrown) {
      if (thrown instanceof TurntapeError && thrown.code === 'network') return thrown;
      throw thrown;
    }
  }
}

function readTicket(answer: HttpAnswer): Ticket {
  const { ticket_id, put } = fieldsOf(answer.body);
  const { url, headers } = fieldsOf(put);
  if (typeof ticket_id !== 'string' || !TICKET_ID.test(ticket_id)) throw malformed(answer, 'ticket_id');
  if (typeof url !== 'string' || !/^https?:\/\//.test(url)) throw malformed(answer, 'put.url');
  const entries = Object.entries(fieldsOf(headers));
  if (!entries.every(isText)) throw malformed(answer, 'put.headers');
  return { ticketId: ticket_id, url, headers: Object.fromEntries(entries) };
}

function isText(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === 'string';
}
