import { Hono } from 'hono';
import { needScope, needSession, type AccessEnv } from '../access/access.ts';
import type { BodyBudget } from '../body-budget.ts';
import type { TranscriptStore } from '../stores/transcript-store.ts';
import { readJsonBody } from '../wire/json-body.ts';
import type { Limits } from '../wire/file-form.ts';
import { transcriptSchema } from '../wire/transcript.ts';
import { limitBody } from './limit-body.ts';

/** `POST /transcripts`: 201 stored, 200 had this revision or a later one. */
export function transcriptRoutes(transcripts: TranscriptStore, limits: Limits, budget: BodyBudget): Hono<AccessEnv> {
  return new Hono<AccessEnv>().post(
    '/transcripts',
    limitBody(limits.maxJsonBytes, budget, (c) => void needScope(c, 'write')),
    async (c) => {
      const facts = readJsonBody(c, transcriptSchema);
      needSession(c, 'write', facts.session_id);
      const { isNew, receipt } = await transcripts.put(facts);
      return c.json(receipt, isNew ? 201 : 200);
    },
  );
}
