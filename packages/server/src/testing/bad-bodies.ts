import { randomUUID } from 'node:crypto';
import { segmentFacts, sessionFacts, transcriptFacts, wavFile } from './sample-facts.ts';

/** A request that no good client sends. */
interface BadBody {
  path: string;
  type: string;
  body: Buffer;
}

/** Values that have broken parsers before. */
const ODD: readonly unknown[] = [
  null,
  true,
  '',
  ' ',
  '\u0000',
  '\ud800',
  '../../../etc/passwd',
  "'; DROP TABLE sessions; --",
  '{{7*7}}',
  '<script>alert(1)</script>',
  'x'.repeat(70_000),
  -1,
  0,
  1e308,
  2 ** 53,
  -0,
  0.1,
  [],
  {},
  [[[[[[]]]]]],
  { __proto__: null, constructor: { prototype: {} } },
  { $gt: '' },
  '9999-12-31T23:59:60Z',
  '2026-02-30T00:00:00Z',
  randomUUID(),
];

/** A number between 0 and 1 that the same seed gives again (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** As many as asked, the same each time: forms and JSON with something wrong in them. */
function* badBodies(count: number): Generator<BadBody> {
  const random = randomFrom(20_261_121);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
  for (let made = 0; made < count; made++) {
    const kind = pick(['form', 'form', 'transcript', 'session', 'ticket'] as const);
    yield kind === 'form' ? badForm(random, pick) : badJson(kind, random, pick);
  }
}

type Pick = <Item>(items: readonly Item[]) => Item;

function badForm(random: () => number, pick: Pick): BadBody {
  const audio = wavFile(Math.floor(random() * 400));
  const facts = spoil(segmentFacts(audio), random, pick);
  const boundary = pick(['x', '----WebKitFormBoundary7MA4YWxkTrZu0gW', 'a b', '', '"', 'x'.repeat(200)]);
  const part = (name: string, headers: string, content: Buffer) =>
    Buffer.concat([
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${headers}\r\n\r\n`),
      content,
      Buffer.from('\r\n'),
    ]);
  const json = Buffer.from(JSON.stringify(facts));
  const parts = [
    part('segment', pick(['', '; filename="segment.json"', '; filename="../../x"']), json),
    part('audio', '; filename="a.wav"\r\nContent-Type: audio/wav', audio),
  ];
  if (random() < 0.2) parts.push(parts[Math.floor(random() * parts.length)]!);
  if (random() < 0.2) parts.push(part(pick(['', 'x', '__proto__', 'audio\r\nX-Evil: 1']), '', Buffer.alloc(10)));
  if (random() < 0.1) parts.splice(Math.floor(random() * parts.length), 1);
  const whole = Buffer.concat([...parts, Buffer.from(random() < 0.9 ? `--${boundary}--\r\n` : '')]);
  const type = pick([
    `multipart/form-data; boundary=${boundary}`,
    `multipart/form-data; boundary=${boundary}`,
    `multipart/form-data; boundary="${boundary.replaceAll('"', '')}"`,
    'multipart/form-data',
    'multipart/form-data; boundary=other',
    'application/x-www-form-urlencoded',
  ]);
  return { path: '/v1/segments', type, body: damage(whole, random) };
}

function badJson(kind: 'transcript' | 'session' | 'ticket', random: () => number, pick: Pick): BadBody {
  const make = { transcript: transcriptFacts, session: sessionFacts, ticket: () => segmentFacts(wavFile(10)) };
  const text = JSON.stringify(spoil(make[kind](), random, pick));
  const path = pick(
    {
      transcript: ['/v1/transcripts'],
      session: ['/v1/sessions'],
      ticket: ['/v1/tickets/a.b.c/complete', `/v1/tickets/${'x'.repeat(3000)}/complete`],
    }[kind],
  );
  const type = pick(['application/json', 'application/json', 'application/json; charset=utf-16', 'text/json']);
  return { path, type, body: damage(Buffer.from(text), random) };
}

/** One to three facts become something else, go away, or are put inside another. */
function spoil(facts: Record<string, unknown>, random: () => number, pick: Pick): Record<string, unknown> {
  const spoiled = { ...facts };
  const names = Object.keys(facts);
  for (let times = 1 + Math.floor(random() * 3); times > 0; times--) {
    const name = pick(names);
    const way = random();
    if (way < 0.15) delete spoiled[name];
    else if (way < 0.25) spoiled[name] = deep(Math.floor(random() * 200));
    else if (way < 0.3) spoiled[pick(['__proto__', 'constructor', 'x'.repeat(600)])] = pick(ODD);
    else spoiled[name] = pick(ODD);
  }
  return spoiled;
}

function deep(levels: number): unknown {
  let value: unknown = 'end';
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { in: value };
  return value;
}

/** Sometimes bytes are turned, cut off or put in between. */
function damage(whole: Buffer, random: () => number): Buffer {
  const way = random();
  const at = Math.floor(random() * whole.length);
  if (way < 0.12) return whole.subarray(0, at);
  if (way < 0.2) return Buffer.concat([whole.subarray(0, at), Buffer.alloc(50, 0xff), whole.subarray(at)]);
  if (way < 0.32) {
    const turned = Buffer.from(whole);
    for (let times = 0; times < 5; times++) turned[Math.floor(random() * turned.length)] = Math.floor(random() * 256);
    return turned;
  }
  return whole;
}

/** Sends bad bodies, eight at a time, and counts the answers. */
export async function sendBadBodies(url: string, token: string, count: number): Promise<Record<string, number>> {
  const statuses: Record<string, number> = {};
  const bodies = badBodies(count)[Symbol.iterator]();
  const send = async () => {
    for (let next = bodies.next(); next.done !== true; next = bodies.next()) {
      const { path, type, body } = next.value;
      const headers = { authorization: `Bearer ${token}`, 'content-type': type };
      const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: new Uint8Array(body) });
      await response.body?.cancel();
      statuses[response.status] = (statuses[response.status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, send));
  return statuses;
}
