import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { segmentFacts, sessionFacts, wavFile } from '../testing/sample-facts.ts';
import { startServerUnderTest, type ServerUnderTest } from '../testing/server-under-test.ts';
import { waitFor } from '../testing/wait-for.ts';

let it: ServerUnderTest;
const session = sessionFacts({ epochs: [{ epoch: 0, clock_rate: 48_000, session_frame_offset: 0 }] });
const sessionId = String(session['session_id']);
const RATE = 16_000;

/** A file in which every sample says where it is: `first` + 1, `first` + 2 … */
function ruler(samples: number, first: number): Buffer {
  const file = wavFile(samples, { sampleRate: RATE });
  for (let n = 0; n < samples; n++) file.writeInt16LE(first + n + 1, 44 + n * 2);
  return file;
}

/** Half a second of a tone. */
function opusTone(): Buffer {
  const args = ['-v', 'error', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=0.5'];
  return execFileSync('ffmpeg', [...args, '-af', 'volume=12dB', '-c:a', 'libopus', '-f', 'ogg', '-']);
}

async function say(speaker: string, startMs: number, audio: Buffer, facts: Record<string, unknown> = {}) {
  const durationMs = facts['duration_ms'] ?? ((audio.length - 44) / 2 / RATE) * 1000;
  const placed = { start_frame: startMs * 48, end_frame: (startMs + Number(durationMs)) * 48, duration_ms: durationMs };
  const said = segmentFacts(audio, { session_id: sessionId, speaker, sample_rate: RATE, ...placed, ...facts });
  expect((await it.postSegment(said, audio)).status).toBe(201);
  return said;
}

beforeAll(async () => {
  it = await startServerUnderTest();
  await it.post('/v1/sessions', session);
  // In the order of their arrival, which is not that of the timeline.
  await say('user', 3000, ruler(8000, 10_000));
  await say('user', 1250, ruler(8000, 0));
  await say('bot', 1500, ruler(4800, 20_000));
  await say('bot', 2500, opusTone(), { format: 'opus', sample_rate: 48_000, duration_ms: 500 });
  // What was generated and nobody heard lies nowhere.
  const tail = { turn_id: randomUUID(), utterance_id: 'u', from_ms: 0, to_ms: 1 };
  await say('bot', 1000, ruler(8000, 100), { unheard_tail: tail });
});
afterAll(() => it[Symbol.asyncDispose]());

const ask = (query: string, of = sessionId) => it.request(`/v1/sessions/${of}/audio?${query}`);

/** The ffmpegs that are at work. */
function children(): string[] {
  const { stdout } = spawnSync('ps', ['-o', 'comm=', '--ppid', String(process.pid)], { encoding: 'utf8' });
  return stdout.split('\n').filter((name) => name === 'ffmpeg');
}

async function samplesOf(query: string): Promise<{ channels: number; rate: number; pcm: Int16Array }> {
  const response = await ask(query);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('audio/wav');
  const file = Buffer.from(await response.arrayBuffer());
  expect(response.headers.get('content-length')).toBe(String(file.length));
  expect([file.readUInt32LE(4), file.readUInt32LE(40)]).toEqual([file.length - 8, file.length - 44]);
  const pcm = new Int16Array(file.buffer.slice(file.byteOffset + 44, file.byteOffset + file.length));
  return { channels: file.readUInt16LE(22), rate: file.readUInt32LE(24), pcm };
}

/** What the user's track is at a sample: a place on a ruler, or silence. */
function user(n: number): number {
  if (n >= 20_000 && n < 28_000) return n - 20_000 + 1;
  return n >= 48_000 && n < 56_000 ? n - 48_000 + 10_001 : 0;
}
const bot = (n: number): number => (n >= 24_000 && n < 28_800 ? n - 24_000 + 20_001 : 0);

test('[SRV-120] a stretch of one speaker is exact to the sample, wherever it begins and ends; what nobody said is silence', async () => {
  for (const [fromMs, toMs] of [
    [1300.5, 1400.25],
    [1000, 3200],
    [3499, 3700],
    [0, 900],
  ] as const) {
    const { channels, rate, pcm } = await samplesOf(`speaker=user&from_ms=${fromMs}&to_ms=${toMs}&sample_rate=16000`);
    expect([channels, rate]).toEqual([1, RATE]);
    const first = Math.round(fromMs * 16);
    const wanted = Array.from({ length: Math.round(toMs * 16) - first }, (_, n) => user(first + n));
    expect(Array.from(pcm)).toEqual(wanted);
  }
});

test('[SRV-120] both speakers are left and right; without an end it goes to the end of what there is', async () => {
  const both = await samplesOf('from_ms=1200&to_ms=2000&sample_rate=16000');
  expect(both.channels).toBe(2);
  const wanted = Array.from({ length: 12_800 }, (_, n) => [user(19_200 + n), bot(19_200 + n)]).flat();
  expect(Array.from(both.pcm)).toEqual(wanted);
  const whole = await samplesOf('');
  expect([whole.rate, whole.pcm.length]).toEqual([48_000, 2 * 3.5 * 48_000]);
  // The Opus turn, in its place.
  const right = (ms: number, toMs: number) =>
    Math.max(...whole.pcm.subarray(ms * 96, toMs * 96).map((sample, n) => (n % 2 === 1 ? Math.abs(sample) : 0)));
  expect([right(1810, 2500), right(3000, 3500)]).toEqual([0, 0]);
  expect(right(2600, 2900)).toBeGreaterThan(10_000);
});

test('[SRV-120] it is made in any format, of its exact length', async () => {
  for (const [format, codec, rate] of [
    ['opus', 'opus', 48_000],
    ['mp3', 'mp3', 24_000],
  ] as const) {
    const asked = format === 'mp3' ? `format=mp3&sample_rate=${rate}` : 'format=opus';
    const response = await ask(`speaker=user&from_ms=1250&to_ms=1750&${asked}`);
    expect(response.headers.get('content-type')).toMatch(format === 'mp3' ? /mpeg/ : /ogg/);
    const input = Buffer.from(await response.arrayBuffer());
    const probe = ['-v', 'error', '-show_entries', 'stream=codec_name,sample_rate,channels', '-of', 'csv=p=0', '-'];
    expect(execFileSync('ffprobe', probe, { input }).toString().trim()).toBe(`${codec},${rate},1`);
    const decode = ['-v', 'error', '-i', '-', '-f', 's16le', '-'];
    const decoded = execFileSync('ffmpeg', decode, { input }).length / 2;
    // An MP3 without LAME's extension cannot say how much of its last frame is padding.
    expect(decoded).toBeGreaterThanOrEqual(rate / 2);
    expect(decoded).toBeLessThanOrEqual(format === 'mp3' ? rate / 2 + 3 * 1152 : rate / 2);
  }
});

test('[SRV-120] telephone audio, µ-law in WAV, is taken and given like any other', async () => {
  const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=8000:duration=0.5', '-af', 'volume=12dB'];
  const mulaw = execFileSync('ffmpeg', ['-v', 'error', ...tone, '-c:a', 'pcm_mulaw', '-bitexact', '-f', 'wav', '-']);
  await say('bot', 200, mulaw, { duration_ms: 500, sample_rate: 8000 });
  const { pcm } = await samplesOf('speaker=bot&from_ms=0&to_ms=1000&sample_rate=8000');
  const expected = execFileSync('ffmpeg', ['-v', 'error', '-i', '-', '-f', 's16le', '-'], { input: mulaw });
  const wanted = Buffer.concat([Buffer.alloc(1600 * 2), expected, Buffer.alloc(2400 * 2)]);
  expect(Buffer.from(pcm.buffer).equals(wanted)).toBe(true);
});

test('[SRV-121] it is given as it is made, its length told before; who stops reading makes room for the next', async () => {
  const head = await it.request(`/v1/sessions/${sessionId}/audio?to_ms=60000`, { method: 'HEAD' });
  expect(head.headers.get('content-length')).toBe(String(44 + 60 * 48_000 * 4));
  // Six hours of silence behind what was said: the first second comes without the rest.
  for (let asked = 0; asked < 9; asked++) {
    const response = await waitFor(async () => {
      const answer = await ask('speaker=bot&from_ms=2600&to_ms=21602600');
      if (answer.status === 200) return answer;
      expect(answer.status).toBe(503);
      return undefined;
    });
    expect(response.headers.get('content-length')).toBe(String(44 + 21_600 * 48_000 * 2));
    const reader = response.body!.getReader();
    for (let bytes = 0; bytes < 48_000 * 2;) bytes += (await reader.read()).value?.length ?? 0;
    await reader.cancel();
  }
  // An encoder with six hours before it does not go on for nobody.
  const reader = (await ask('speaker=bot&from_ms=2600&to_ms=21602600&format=mp3')).body!.getReader();
  await reader.read();
  expect(children()).not.toEqual([]);
  await reader.cancel();
  await waitFor(() => Promise.resolve(children().length === 0 || undefined));
});

test('[SRV-122] what cannot be given is refused by name: no session, no range, sealed or broken audio, no ffmpeg', async () => {
  const refused = async (query: string, of?: string) => {
    const response = await ask(query, of);
    const { error } = (await response.json()) as { error: { code: string; field?: string } };
    return [response.status, error.code, error.field];
  };
  expect(await refused('', randomUUID())).toEqual([404, 'not_found', undefined]);
  expect(await refused('from_ms=2000&to_ms=1000')).toEqual([422, 'invalid_field', 'to_ms']);
  expect(await refused('from_ms=4000')).toEqual([422, 'invalid_field', 'to_ms']);
  expect(await refused('to_ms=21600001')).toEqual([422, 'invalid_field', 'to_ms']);
  expect(await refused('from_ms=-1')).toEqual([422, 'invalid_field', 'from_ms']);
  expect(await refused('speaker=both')).toEqual([422, 'invalid_field', 'speaker']);
  expect(await refused('sample_rate=7000')).toEqual([422, 'invalid_field', 'sample_rate']);
  expect(await refused('format=opus&sample_rate=16000')).toEqual([422, 'invalid_field', 'sample_rate']);
  expect(await refused('to=1')).toEqual([422, 'invalid_field', 'to']);

  const broken = Buffer.concat([wavFile(0).subarray(0, 12), Buffer.alloc(200, 1)]);
  await say('user', 10_000, broken, { duration_ms: 500 });
  expect(await refused('from_ms=9900&to_ms=10100')).toEqual([409, 'conflict', undefined]);
  expect((await ask('from_ms=9000&to_ms=9900')).status).toBe(200);
  const sealed = Buffer.from('TTSEAL\0\u0001, and what nobody here can read', 'latin1');
  await say('bot', 20_000, sealed, { duration_ms: 500, capture: { sealed: { key_id: 'k' } } });
  expect(await refused('from_ms=20000&to_ms=20100')).toEqual([409, 'conflict', undefined]);
  expect(await (await ask('from_ms=20000&to_ms=20100')).text()).toContain('The audio is sealed');
  expect((await ask('speaker=user&from_ms=20000&to_ms=20100')).status).toBe(200);

  const path = process.env['PATH'];
  try {
    process.env['PATH'] = '/nowhere';
    expect(await refused('from_ms=1000&to_ms=2000')).toEqual([503, 'unavailable', undefined]);
  } finally {
    process.env['PATH'] = path;
  }
});

test('[SRV-122] an answer that fails in the middle breaks off, and is never taken for a whole file', async () => {
  // The second segment is whole, the one after it is not.
  await say('user', 30_000, wavFile(480_000, { sampleRate: RATE, value: 5 }));
  const broken = Buffer.concat([wavFile(0).subarray(0, 12), Buffer.alloc(200, 1)]);
  await say('user', 60_000, broken, { duration_ms: 500 });
  const response = await ask('speaker=user&from_ms=30000&to_ms=61000');
  expect(response.status).toBe(200);
  await expect(response.arrayBuffer()).rejects.toThrow();
});
