import { Hono } from 'hono';
import { needScope, needSession, type AccessEnv, needSpeakers } from '../access/access.ts';
import type { TicketBook } from '../access/ticket-book.ts';
import { formatFacts } from '../audio-format.ts';
import type { BlobStore } from '../blob-store.ts';
import type { BodyBudget } from '../body-budget.ts';
import { receiveBody } from '../received-body.ts';
import type { SegmentStore } from '../stores/segment-store.ts';
import { ticketKey } from '../stores/stored-files.ts';
import { readJsonBody } from '../wire/json-body.ts';
import type { Limits } from '../wire/file-form.ts';
import { segmentSchema } from '../wire/segment.ts';
import { WireError } from '../wire/wire-error.ts';
import { checkFormat } from './check-format.ts';
import { limitBody } from './limit-body.ts';
import type { StoreSegment } from './store-segment.ts';

/** What the routes of tickets are wired from. */
export interface TicketRouteParts {
  store: StoreSegment;
  segments: SegmentStore;
  blobs: BlobStore;
  tickets: TicketBook;
  limits: Limits;
  budget: BodyBudget;
}

/**
 * `POST /tickets`: where to put a segment's file. `POST /tickets/:id/complete`: it is there; proved by reading it, then
 * stored like any other. A store that a client cannot reach has no tickets: 404.
 */
export function ticketRoutes(parts: TicketRouteParts): Hono<AccessEnv> {
  const { store, segments, blobs, tickets, limits, budget } = parts;
  const json = limitBody(limits.maxJsonBytes, budget, (c) => void needScope(c, 'write'));
  return new Hono<AccessEnv>()
    .post('/tickets', json, async (c) => {
      const { presignPut } = blobs;
      if (presignPut === undefined) throw new WireError('not_found', 'This server gives no tickets; post the segment.');
      const facts = readJsonBody(c, segmentSchema);
      const access = needSession(c, 'write', facts.session_id);
      const { quota } = access;
      needSpeakers(access, facts.speaker);
      if (facts.byte_size > limits.maxBytes)
        throw new WireError('too_large', `byte_size: more than ${limits.maxBytes} bytes`, { field: 'byte_size' });
      if (facts.byte_size === 0) return c.json((await store(facts, undefined, quota)).receipt, 200);
      const known = await segments.find(facts);
      if (known !== undefined) return c.json(known, 200);
      const { ticketId, nonce, seconds, expiresAt } = await tickets.make(facts);
      const { contentType } = formatFacts(facts.format);
      const put = await presignPut(ticketKey(nonce), {
        // A browser sends the plain type of a Blob: parameters would have to be the same to the letter.
        contentType: contentType.split(';')[0] ?? contentType,
        byteSize: facts.byte_size,
        seconds,
      });
      return c.json(
        { ticket_id: ticketId, segment_id: facts.segment_id, put: { ...put, expires_at: expiresAt.toISOString() } },
        201,
      );
    })
    .post('/tickets/:id/complete', json, async (c) => {
      const facts = readJsonBody(c, segmentSchema);
      const access = needSession(c, 'write', facts.session_id);
      const { quota } = access;
      needSpeakers(access, facts.speaker);
      const known = await segments.find(facts);
      if (known !== undefined) return c.json(known, 200);
      const nonce = await tickets.read(c.req.param('id'), facts);
      const key = nonce === undefined ? undefined : ticketKey(nonce);
      const size = key === undefined ? undefined : await blobs.size(key);
      if (key === undefined || size === undefined) throw new WireError('not_found', 'There is no file of this ticket.');
      if (size !== facts.byte_size)
        throw new WireError('size_mismatch', `byte_size: ${size} bytes lie there`, { field: 'byte_size' });
      return budget.share(async (share) => {
        const { maxBytes } = limits;
        const received = await receiveBody(blobs.read(key), { folder: blobs.waitingFolder, maxBytes, share });
        if (received === 'too large') throw new WireError('too_large', `byte_size: more than ${maxBytes} bytes`);
        await using audio = received;
        checkFormat(audio, facts);
        const { isNew, receipt } = await store(facts, audio, quota);
        await blobs.remove([key]);
        return c.json(receipt, isNew ? 201 : 200);
      });
    });
}
