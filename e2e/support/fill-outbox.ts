import type { Page } from '@playwright/test';
import { sampleWav } from '../../packages/sdk/src/testing/conformance-kit.ts';
import { sampleSessionEnd } from '../../packages/sdk/src/upload-contract/samples.ts';

/** A segment that was put into the outbox. */
export interface FilledSegment {
  segmentId: string;
  sha256: string;
}

export interface FillOptions {
  sessions: number;
  /** Of each session. */
  segments: number;
  /** Of each file. Default 100 ms, 3.2 kB. */
  durationMs?: number;
}

/**
 * Puts finished sessions into the page's database, as if they had been recorded: straight into the stores, since an hour
 * of speech takes an hour. The database must be there: a recorder has made it.
 */
export async function fillOutbox(
  page: Page,
  { sessions, segments, durationMs = 100 }: FillOptions,
): Promise<FilledSegment[]> {
  const filled: FilledSegment[] = [];
  for (let count = 0; count < sessions; count += 1) {
    const sessionId = crypto.randomUUID();
    const samples = await Promise.all(
      Array.from({ length: segments }, async (_, index) => {
        const pitchHz = 100 + 7 * (count * segments + index);
        const { segment, audio } = await sampleWav({ sessionId, durationMs, pitchHz });
        return { segment, base64: Buffer.from(await audio.arrayBuffer()).toString('base64') };
      }),
    );
    filled.push(...samples.map(({ segment }) => ({ segmentId: segment.segment_id, sha256: segment.sha256 })));
    await page.evaluate(
      async ({ session, rows }) => {
        const db = await new Promise<IDBDatabase>((resolve, reject) => {
          const opening = indexedDB.open('turntape');
          opening.addEventListener('success', () => resolve(opening.result));
          opening.addEventListener('error', () => reject(opening.error ?? new Error('no database')));
        });
        const tx = db.transaction(['sessions', 'segments', 'audio', 'outbox'], 'readwrite');
        const item = {
          state: 'pending',
          attempts: 0,
          error: null,
          added_at: Date.now(),
          sent_at: null,
          retry_at: null,
        };
        const { session_id } = session;
        tx.objectStore('sessions').put(session);
        for (const { segment, base64 } of rows) {
          const { segment_id, byte_size } = segment;
          const kept = { state: 'kept', kept_at: Date.now(), acknowledged_at: null, error: null, audio_url: null };
          tx.objectStore('segments').put({ ...segment, ...kept });
          const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer;
          tx.objectStore('audio').put({ segment_id, bytes });
          tx.objectStore('outbox').add({ ...item, kind: 'segment', segment_id, byte_size, session_id });
        }
        tx.objectStore('outbox').add({ ...item, kind: 'session', session, session_id });
        await new Promise((resolve, reject) => {
          tx.addEventListener('complete', resolve);
          tx.addEventListener('abort', () => reject(tx.error ?? new Error('aborted')));
        });
        db.close();
      },
      { session: sampleSessionEnd(sessionId), rows: samples },
    );
  }
  return filled;
}
