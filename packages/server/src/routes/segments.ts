import { Hono } from 'hono';
import type { SegmentStore } from '../stores/segment-store.ts';
import type { TranscriptStore } from '../stores/transcript-store.ts';
import { readSegmentForm, type Limits } from '../wire/segment-form.ts';
import { limitBody } from './limit-body.ts';

/** Boundaries and part headers of a form, with room to spare. */
const FORM_OVERHEAD_BYTES = 64 * 1024;

/** `POST /segments`: 201 stored, 200 had it, always with the receipt. */
export function segmentRoutes(segments: SegmentStore, transcripts: TranscriptStore, limits: Limits): Hono {
  const most = limits.maxBytes + limits.maxJsonBytes + FORM_OVERHEAD_BYTES;
  return new Hono().post('/segments', limitBody(most), async (c) => {
    const { facts, audio } = await readSegmentForm(c.req.raw, limits);
    const { isNew, receipt } = await segments.put(facts, audio);
    // After the segment, so that a transcript under the stack's own id finds its turn.
    if (facts.transcript !== null) await transcripts.put(facts.transcript);
    return c.json(receipt, isNew ? 201 : 200);
  });
}
