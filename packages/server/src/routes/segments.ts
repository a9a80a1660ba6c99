import { Hono } from 'hono';
import * as v from 'valibot';
import { needScope, needSession, sessionFilter, type AccessEnv, needSpeakers } from '../access/access.ts';
import type { BodyBudget } from '../body-budget.ts';
import type { BlobStore } from '../blob-store.ts';
import type { Database } from '../database.ts';
import { findSegmentSession } from '../stores/playback.ts';
import { removeSegment } from '../stores/removal.ts';
import { alone, refuseHeld } from '../stores/session-gate.ts';
import { uuid } from '../wire/scalars.ts';
import { readFileForm, type Limits } from '../wire/file-form.ts';
import { segmentSchema } from '../wire/segment.ts';
import { checkJson } from '../wire/check.ts';
import { checkFormat } from './check-format.ts';
import { WireError } from '../wire/wire-error.ts';
import type { StoreSegment } from './store-segment.ts';

/** What the routes of segments are wired from. */
export interface SegmentRouteParts {
  store: StoreSegment;
  database: Database;
  blobs: BlobStore;
  limits: Limits;
  budget: BodyBudget;
}

/** `POST /segments`: 201 stored, 200 had it, always with the receipt. `DELETE /segments/:id`: file and row, 204. */
export function segmentRoutes({ store, database, blobs, limits, budget }: SegmentRouteParts): Hono<AccessEnv> {
  return new Hono<AccessEnv>()
    .post('/segments', (c) => {
      needScope(c, 'write');
      return budget.share(async (share) => {
        const form = { factsPart: 'segment', limits, folder: blobs.waitingFolder, share };
        const { facts: json, audio: received } = await readFileForm(c.env.incoming, form);
        await using audio = received;
        share.wait();
        const facts = checkJson(segmentSchema, json, 'segment');
        if (audio !== undefined) checkFormat(audio, facts);
        const access = needSession(c, 'write', facts.session_id);
        needSpeakers(access, facts.speaker);
        const { isNew, receipt } = await store(facts, audio, access.quota);
        return c.json(receipt, isNew ? 201 : 200);
      });
    })
    .delete('/segments/:id', async (c) => {
      const access = needScope(c, 'admin');
      const id = v.safeParse(uuid, c.req.param('id'));
      const found = id.success ? await findSegmentSession(database, id.output, sessionFilter(access)) : undefined;
      if (found === undefined) throw new WireError('not_found', 'There is no such segment.');
      await alone(database, found.session_id, async (scope) => {
        await refuseHeld(scope, found.session_id);
        await removeSegment(scope, blobs, found, { replacedBy: null, legalHold: false });
      });
      return c.body(null, 204);
    });
}
