import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TargetFault } from '../../sdk/src/testing/conformance-rules.ts';
import { targetConformance } from '../../sdk/src/testing/target-conformance.ts';
import { ticketTarget } from '../../sdk/src/upload/targets/ticket-target.ts';
import { type BucketUnderTest, startBucket } from './testing/bucket.ts';
import { startServerUnderTest, TOKEN, type ServerUnderTest } from './testing/server-under-test.ts';

// The recorder's own ticket target against the real server and an S3-compatible store: no side is imitated.
let it: ServerUnderTest;
let bucket: BucketUnderTest;
let fault: TargetFault = 'none';
const puts: string[] = [];

beforeAll(async () => {
  bucket = await startBucket();
  it = await startServerUnderTest({ storage: bucket.storage });
});

afterAll(async () => {
  await it[Symbol.asyncDispose]();
  await bucket[Symbol.asyncDispose]();
});

/** The line to the server, as it is told to fail. The store's is left alone. */
const faultyFetch: typeof fetch = async (input, init) => {
  const address = input instanceof Request ? input.url : input.toString();
  if (!address.startsWith(it.server.url)) {
    puts.push(new Headers(init?.headers).get('authorization') ?? 'no token');
    return fetch(input, init);
  }
  if (fault === 'unreachable') throw new TypeError('fetch failed');
  if (fault === 'unauthorized') return new Response(null, { status: 401 });
  if (fault === 'busy') return new Response(null, { status: 503, headers: { 'retry-after': '7' } });
  if (fault === 'broken') return new Response(null, { status: 500 });
  if (fault === 'too-large') return Response.json({ error: { code: 'too_large', message: '' } }, { status: 413 });
  const answer = await fetch(input, init);
  if (fault === 'lost-answer') throw new TypeError('fetch failed');
  return answer;
};

const cases = targetConformance({
  createTarget: () =>
    ticketTarget(`${it.server.url}/v1`, {
      headers: () => ({ authorization: `Bearer ${TOKEN}` }),
      fetch: faultyFetch,
    }),
  fault: (next) => void (fault = next),
  stored: async (segmentId) => {
    const answer = await it.request(`/v1/segments/${segmentId}/audio`);
    if (!answer.ok) return undefined;
    const bytes = Buffer.from(await answer.arrayBuffer());
    return { sha256: createHash('sha256').update(bytes).digest('hex'), byteSize: bytes.length };
  },
});

test.each(cases)('[TICKET-3] by ticket: $name', async ({ notRun, run }) => {
  expect(notRun).toBeUndefined();
  await run();
});

test('[TICKET-3] files went to the store, and no token with them', () => {
  expect(puts.length).toBeGreaterThan(10);
  expect(new Set(puts)).toEqual(new Set(['no token']));
});
