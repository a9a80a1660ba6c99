import { Hono } from 'hono';
import type { TranscriptStore } from '../stores/transcript-store.ts';
import { readJsonBody } from '../wire/json-body.ts';
import type { Limits } from '../wire/segment-form.ts';
import { transcriptSchema } from '../wire/transcript.ts';
import { limitBody } from './limit-body.ts';

/** `POST /transcripts`: 201 stored, 200 had this revision or a later one. */
export function transcriptRoutes(transcripts: TranscriptStore, limits: Limits): Hono {
  return new Hono().post('/transcripts', limitBody(limits.maxJsonBytes), async (c) => {
    const { isNew, receipt } = await transcripts.put(await readJsonBody(c.req.raw, transcriptSchema));
    return c.json(receipt, isNew ? 201 : 200);
  });
}
