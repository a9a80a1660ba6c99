import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findLost, type Acknowledged } from './testing/load.ts';
import { segmentFacts, wavFile } from './testing/sample-facts.ts';
import { startServerUnderTest, TOKEN } from './testing/server-under-test.ts';
import { makeSmallDisk } from './testing/small-disk.ts';

test('[SRV-91] a full disk is 507, nothing acknowledged is lost or half there, and erasing makes room again', async ({
  skip,
}) => {
  await using disk = await makeSmallDisk(1_500_000);
  skip(disk === undefined, 'A disk of its own needs the rights to mount one.');
  if (disk === undefined) return;
  const it = await startServerUnderTest({ data: disk.folder });
  try {
    const stored: Acknowledged[] = [];
    let refused: Record<string, unknown> | undefined;
    const audio = wavFile(50_000);
    while (refused === undefined && stored.length < 100) {
      const facts = segmentFacts(audio);
      const { status, body } = await it.postSegment(facts, audio);
      if (status === 201)
        stored.push({
          segmentId: String(facts['segment_id']),
          sessionId: String(facts['session_id']),
          sha256: String(facts['sha256']),
        });
      else {
        expect([status, body]).toEqual([507, { error: expect.objectContaining({ code: 'storage_full' }) as object }]);
        refused = facts;
      }
    }
    expect(stored.length).toBeGreaterThan(5);
    expect(await readdir(join(disk.folder, 'incoming'))).toEqual([]);
    expect(await it.rows('SELECT 1 FROM session_audio_segments')).toHaveLength(stored.length);
    expect(await findLost(it.server.url, TOKEN, stored)).toEqual([]);
    expect((await it.get('/healthz')).status).toBe(200);
    const [first, ...rest] = stored;
    expect((await it.request(`/v1/sessions/${first?.sessionId}`, { method: 'DELETE' })).status).toBe(200);
    expect((await it.postSegment(refused, audio)).status).toBe(201);
    expect(await findLost(it.server.url, TOKEN, rest)).toEqual([]);
  } finally {
    await it.server.close();
  }
});
