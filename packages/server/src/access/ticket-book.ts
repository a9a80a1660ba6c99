import { randomUUID } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { JOSEError } from 'jose/errors';
import type { SegmentFacts } from '../wire/segment.ts';

/** The only algorithm that is made or taken. */
const ALGORITHM = 'HS256';
/** How long the file may be put, in seconds: a store looks at it when the PUT begins. */
const PUT_SECONDS = 300;
/** How long a put file may be completed, in seconds: a page may have been closed in between. */
const COMPLETE_SECONDS = 6 * 3600;

/** What the holder of a ticket may put, and how long. */
export interface Ticket {
  /** Opaque; fit for a path. */
  ticketId: string;
  /** Under which the file comes to lie. */
  nonce: string;
  seconds: number;
  expiresAt: Date;
}

/** Tickets that are their own memory: the facts are signed into them, and no process need remember one. */
export class TicketBook {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  async make({ segment_id, session_id, sha256, byte_size }: SegmentFacts): Promise<Ticket> {
    const nonce = randomUUID();
    const ticketId = await new SignJWT({ session_id, sha256, byte_size })
      .setProtectedHeader({ alg: ALGORITHM })
      .setSubject(segment_id)
      .setJti(nonce)
      .setExpirationTime(`${COMPLETE_SECONDS} s`)
      .sign(this.#key);
    return { ticketId, nonce, seconds: PUT_SECONDS, expiresAt: new Date(Date.now() + PUT_SECONDS * 1000) };
  }

  /** The place of the file, or undefined for a ticket that is not ours, is over, or is for another file. */
  async read(ticketId: string, facts: SegmentFacts): Promise<string | undefined> {
    try {
      const { payload } = await jwtVerify(ticketId, this.#key, { algorithms: [ALGORITHM], subject: facts.segment_id });
      const { session_id: sessionId, sha256, byte_size: byteSize, jti } = payload;
      const isOfThis = sessionId === facts.session_id && sha256 === facts.sha256 && byteSize === facts.byte_size;
      return isOfThis ? jti : undefined;
    } catch (cause) {
      if (cause instanceof JOSEError) return undefined;
      throw cause;
    }
  }
}
