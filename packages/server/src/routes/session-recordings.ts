import { Hono } from 'hono';
import { needScope, sessionFilter, type AccessEnv, needSpeakers } from '../access/access.ts';
import type { AudioLinks } from '../access/audio-link.ts';
import type { BlobStore } from '../blob-store.ts';
import type { BodyBudget } from '../body-budget.ts';
import type { Database } from '../database.ts';
import { findRecordingFile, listRecordings, RecordingStore } from '../stores/recording-store.ts';
import { checkJson } from '../wire/check.ts';
import { readFileForm, type Limits } from '../wire/file-form.ts';
import { idOf, sessionIdOf } from '../wire/path-id.ts';
import { recordingSchema } from '../wire/recording.ts';
import { WireError } from '../wire/wire-error.ts';
import { checkFormat } from './check-format.ts';
import { serveAudio, type AudioSource } from './serve-audio.ts';

/** What the routes of recordings are wired from. */
export interface RecordingParts {
  database: Database;
  blobs: BlobStore;
  metrics: AudioSource['metrics'];
  links: AudioLinks;
  limits: Limits;
  budget: BodyBudget;
}

/** Who is heard in a recording of each type. */
const HEARD_IN = { user: ['user'], assistant: ['bot'], mixed: ['user', 'bot'] } as const;

/**
 * `POST /sessions/:id/recordings`: attaches a recording that somebody else made, 201 or 200 with the receipt. `GET` lists those,
 * and what was made here. `GET /files/:id/audio`: one of either. `DELETE /recordings/:id`: an attached one.
 */
export function sessionRecordingRoutes(parts: RecordingParts): Hono<AccessEnv> {
  const { database, blobs, metrics, links, limits, budget } = parts;
  const recordings = new RecordingStore(database, blobs);
  return new Hono<AccessEnv>()
    .post('/sessions/:id/recordings', (c) => {
      const sessionId = sessionIdOf(c, 'write');
      const access = c.get('access');
      return budget.share(async (share) => {
        const form = { factsPart: 'recording', limits, folder: blobs.waitingFolder, share };
        const { facts: json, audio: received } = await readFileForm(c.env.incoming, form);
        await using audio = received;
        share.wait();
        const facts = checkJson(recordingSchema, json, 'recording');
        needSpeakers(access, ...HEARD_IN[facts.recording_type]);
        if (audio === undefined)
          throw new WireError('malformed', 'audio: the form does not hold it.', { field: 'audio' });
        checkFormat(audio, { format: facts.format, capture: {} });
        const { isNew, receipt } = await recordings.put(sessionId, facts, audio, access.quota);
        return c.json(receipt, isNew ? 201 : 200);
      });
    })
    .get('/sessions/:id/recordings', async (c) => {
      const found = await listRecordings(database, sessionIdOf(c, 'read'));
      return c.json({
        recordings: found.map((recording) => ({
          ...recording,
          playback_url: links.sign(`/v1/files/${recording.recording_id}/audio`),
        })),
      });
    })
    .get('/files/:id/audio', async (c) => {
      const access = needScope(c, 'read');
      return serveAudio(
        c,
        { blobs, metrics },
        await findRecordingFile(database, idOf(c, 'id', 'file'), sessionFilter(access)),
      );
    })
    .delete('/recordings/:id', async (c) => {
      const access = needScope(c, 'admin');
      if (!(await recordings.remove(idOf(c, 'id', 'recording'), sessionFilter(access))))
        throw new WireError('not_found', 'There is no such recording.');
      return c.body(null, 204);
    });
}
