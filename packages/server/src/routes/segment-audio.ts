import { Hono } from 'hono';
import * as v from 'valibot';
import { needScope, sessionFilter, type AccessEnv } from '../access/access.ts';
import type { Queryable } from '../database.ts';
import { findSegmentFile } from '../stores/playback.ts';
import { uuid } from '../wire/scalars.ts';
import { serveAudio, type AudioSource } from './serve-audio.ts';

/** `GET /segments/:id/audio`, with ranges. Another session's segment is 404 as one that is not there. */
export function segmentAudioRoutes(source: AudioSource, database: Queryable): Hono<AccessEnv> {
  return new Hono<AccessEnv>().get('/segments/:id/audio', async (c) => {
    const access = needScope(c, 'read');
    const id = v.safeParse(uuid, c.req.param('id'));
    const file = id.success ? await findSegmentFile(database, id.output, sessionFilter(access)) : undefined;
    return serveAudio(c, source, file && { key: file.key, format: file.format, name: file.segment_id });
  });
}
