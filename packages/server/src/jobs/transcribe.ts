import * as v from 'valibot';
import type { BlobStore } from '../blob-store.ts';
import { ROLE_OF_SPEAKER } from '../stores/binding.ts';
import { audioKeyIn } from '../stores/key-template.ts';
import { segmentFactsKey } from '../stores/stored-files.ts';
import type { TranscriptStore } from '../stores/transcript-store.ts';
import { uuid } from '../wire/scalars.ts';
import { segmentSchema } from '../wire/segment.ts';
import { transcriptSchema } from '../wire/transcript.ts';
import type { ServerHooks } from './hooks.ts';
import type { TakenJob } from './job-queue.ts';
import { JobError } from './job-runner.ts';

/** Gives a stored segment to the operator's recogniser and stores its words as the transcript of the turn. */
export function transcribeWork(blobs: BlobStore, transcripts: TranscriptStore, { transcribe }: ServerHooks) {
  return async ({ session_id, facts }: TakenJob, signal: AbortSignal): Promise<void> => {
    if (transcribe === undefined) throw new JobError('no_hook', 'No transcribe hook is set.', { isFinal: true });
    const name = { session_id, segment_id: v.parse(uuid, facts['segment_id']) };
    const key = segmentFactsKey(name);
    // Erased or replaced meanwhile.
    if ((await blobs.size(key)) === undefined) return;
    const segment = v.parse(segmentSchema, JSON.parse((await readAll(blobs, key)).toString('utf8')));
    const audio = await readAll(blobs, audioKeyIn(segment));
    const words = await transcribe({ segment, audio, signal });
    if (words === undefined) return;
    await transcripts.put(
      v.parse(transcriptSchema, {
        ...words,
        transcript_id: `transcribed/${name.segment_id}`,
        session_id,
        turn_id: segment.turn_id,
        role: ROLE_OF_SPEAKER[segment.speaker],
        interrupted: segment.interrupted,
        occurred_at: segment.started_at,
      }),
    );
  };
}

async function readAll(blobs: BlobStore, key: string): Promise<Buffer> {
  return Buffer.concat((await blobs.read(key).toArray()) as Buffer[]);
}
