import { afterEach, expect, test } from 'vitest';
import { serverSource } from './server-source.ts';
import { spoken, wavOf } from './testing/spoken-wav.ts';

/** A backend that fails as a test says; the real one is in `e2e/player.spec.ts`. */

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});

const { signal } = new AbortController();
const FILE = new Uint8Array(wavOf(spoken(1000, 1, 120)));
const ROW = {
  turn_id: 't1',
  role: 'user',
  text: 'Hello',
  occurred_at: '2026-11-20T09:30:01.000Z',
  started_at: '2026-11-20T09:30:01.000Z',
  interrupted: false,
  segment_id: 's1',
  format: 'wav',
  byte_size: FILE.length,
  duration_ms: 1000,
  playback_url: '/v1/segments/s1/audio?expires=1&signature=old',
};
const LIST = {
  session: { session_id: 's', started_at: '2026-11-20T09:30:00.000Z', ended_at: null },
  turns: [ROW, ROW],
};

/** Answers each request with what `answer` says; every request is written down. */
function backend(answer: (url: URL, headers: Headers, nth: number) => Response | Promise<Response>) {
  const asked: { path: string; token: string | null; range: string | null }[] = [];
  globalThis.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init?.headers);
    asked.push({ path: url.pathname + url.search, token: headers.get('authorization'), range: headers.get('range') });
    return answer(url, headers, asked.length);
  };
  return asked;
}

const isList = ({ pathname }: URL): boolean => pathname === '/v1/sessions/s';
const load = async (headers?: Parameters<typeof serverSource>[1]) => {
  const source = serverSource('/v1/sessions/s', headers);
  const session = await source.load({ signal });
  return { source, session, part: session!.turns[0]!.parts[0]! };
};

test('[REVIEW-11] the list is read with the token, with what nobody heard, and a line that comes twice is one turn', async () => {
  const asked = backend(() => Response.json(LIST));
  const { session } = await load({ authorization: 'Bearer a' });
  expect(asked).toEqual([{ path: '/v1/sessions/s?unheard=true', token: 'Bearer a', range: null }]);
  expect(session?.turns.map(({ text, startMs, parts }) => [text, startMs, parts.length])).toEqual([['Hello', 1000, 1]]);
});

test('[REVIEW-11] a token that ran out is asked for once more; one that stays refused is said', async () => {
  let token = 0;
  const asked = backend((_, headers) =>
    headers.get('authorization') === 'Bearer 2' ? Response.json(LIST) : new Response(null, { status: 401 }),
  );
  await load(() => ({ authorization: `Bearer ${(token += 1)}` }));
  expect(asked).toHaveLength(2);
  await expect(serverSource('/v1/sessions/s', { authorization: 'no' }).load({ signal })).rejects.toMatchObject({
    code: 'unauthorized',
  });
});

test.each([
  [404, undefined],
  [410, undefined],
  [403, 'unauthorized'],
  [500, 'server_error'],
])('[REVIEW-11] a list that answers %s is told as what it is', async (status, code) => {
  backend(() => new Response(null, { status }));
  const reading = serverSource('/v1/sessions/s', undefined).load({ signal });
  if (code === undefined) expect(await reading).toBeUndefined();
  else await expect(reading).rejects.toMatchObject({ code });
});

test('[REVIEW-11] no network, and an answer that is no playback list, have codes of their own', async () => {
  backend(() => Promise.reject(new TypeError('Failed to fetch')));
  await expect(serverSource('/v1/sessions/s', undefined).load({ signal })).rejects.toMatchObject({ code: 'network' });
  backend(() => new Response('<!doctype html>'));
  await expect(serverSource('/v1/sessions/s', undefined).load({ signal })).rejects.toMatchObject({
    code: 'server_error',
  });
});

test('[REVIEW-11] an address of audio that has run out is asked for once more', async () => {
  const fresh = { ...ROW, playback_url: '/v1/segments/s1/audio?expires=2&signature=new' };
  let lists = 0;
  const asked = backend((url) => {
    if (isList(url)) return Response.json((lists += 1) === 1 ? LIST : { ...LIST, turns: [fresh] });
    return url.searchParams.get('signature') === 'new' ? new Response(FILE) : new Response(null, { status: 401 });
  });
  const { source, part } = await load({ authorization: 'Bearer a' });
  expect((await source.audio(part, { signal }))?.byteLength).toBe(FILE.length);
  expect(asked.map(({ path }) => path.split('?')[0])).toEqual([
    '/v1/sessions/s',
    '/v1/segments/s1/audio',
    '/v1/sessions/s',
    '/v1/segments/s1/audio',
  ]);
  // A signed address is its own permission: a store elsewhere must not be shown the token.
  expect(asked.map(({ token }) => token)).toEqual(['Bearer a', null, 'Bearer a', null]);
});

test('[REVIEW-11] a line that breaks in the middle costs what is missing: the rest is asked for by range', async () => {
  const half = FILE.length / 2;
  const broken = (): Response => {
    let sent = false;
    return new Response(
      new ReadableStream({
        pull(controller) {
          if (sent) controller.error(new TypeError('network error'));
          else controller.enqueue(FILE.slice(0, half));
          sent = true;
        },
      }),
    );
  };
  const asked = backend((url, headers) => {
    if (isList(url)) return Response.json(LIST);
    return headers.has('range') ? new Response(FILE.slice(half), { status: 206 }) : broken();
  });
  const { source, part } = await load();
  expect(new Uint8Array((await source.audio(part, { signal })) ?? new ArrayBuffer(0))).toEqual(FILE);
  expect(asked.at(-1)?.range).toBe(`bytes=${half}-`);
});

test('[REVIEW-13] a file that the backend no longer has is undefined, and no failure', async () => {
  backend((url) => (isList(url) ? Response.json(LIST) : new Response(null, { status: 404 })));
  const { source, part } = await load();
  expect(await source.audio(part, { signal })).toBeUndefined();
});
