import { afterEach, beforeEach, expect, test } from 'vitest';
import { assembleFile } from '../codecs/assemble-file.ts';
import { readPacketChunk } from '../codecs/packet-chunk.ts';
import { readOggOpus } from '../codecs/read-ogg-opus.ts';
import { createSegmentEncoder } from '../codecs/segment-encoder.ts';
import { MS, RATE, scriptedConversation } from '../scripted/session.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../storage/database.ts';
import { readAudio } from '../storage/segments.ts';
import { OpusInput } from './opus-input.ts';

let db: TurntapeDatabase;
beforeEach(async () => {
  db = await openTurntapeDatabase(`opus-${crypto.randomUUID()}`);
});
afterEach(() => db.close());

/** A second of a rising tone as a speech service sends it: packets of 20 ms. */
async function spoken(ms = 1_000) {
  const chunks: ArrayBuffer[] = [];
  const encoder = createSegmentEncoder({
    format: 'opus',
    sampleRate: RATE,
    bitrate: 32_000,
    chunkMs: 60,
    onChunk: (chunk) => chunks.push(chunk),
    onError: (error) => expect.fail(error.message),
  });
  encoder.write(Float32Array.from({ length: ms * MS }, (_, n) => 0.4 * Math.sin(n * 0.02 + (n * n) / 4e7)));
  await encoder.finish();
  const packets = chunks.flatMap((chunk) => readPacketChunk(chunk).packets);
  const { file } = assembleFile({ format: 'opus', sampleRate: RATE, chunks });
  return { packets, file, coded: packets.length * 960 };
}

const decode = async (file: ArrayBuffer): Promise<Float32Array> =>
  (await new OfflineAudioContext(1, 1, RATE).decodeAudioData(file)).getChannelData(0);

test('[DECODE-6] packets come out as the audio that a file of them plays, every sample, the pre-skip dropped', async () => {
  const { packets, file } = await spoken();
  const heard: number[] = [];
  const input = new OpusInput({
    preSkip: 312,
    onPcm: (samples) => heard.push(...samples),
    onError: (error) => expect.fail(error.message),
  });
  for (const packet of packets) input.write(packet);
  await input.end();
  const played = await decode(file.slice().buffer);
  expect(heard.length).toBe(packets.length * 960 - 312);
  const worst = played.reduce((most, sample, n) => Math.max(most, Math.abs(sample - (heard[n] ?? 0))), 0);
  expect(worst).toBeLessThan(1e-3);
});

test('[DECODE-7] what is no packet is refused by name, and packets that cannot be decoded are said', async () => {
  const errors: string[] = [];
  const input = new OpusInput({
    preSkip: 0,
    onPcm: () => undefined,
    onError: ({ code, field }) => errors.push(`${code} ${field}`),
  });
  for (const none of [new Uint8Array(0), 'packet', Uint8Array.of(3, 0)])
    expect(() => input.write(none as never)).toThrowError(
      expect.objectContaining({ code: 'invalid_argument', field: 'packet' }),
    );
  // A packet of several frames whose lengths do not add up.
  input.write(Uint8Array.of(0xff, 0x82, 0xff, 0xff));
  await input.end();
  expect(errors).toEqual(['invalid_argument packet']);
});

/** The bot is given packets in a session that writes Opus. */
async function conversation() {
  const stage = await scriptedConversation(db, { format: 'opus', vad: null });
  const begin = (): { utteranceId: string; turnId: string } => {
    const ids = { utteranceId: crypto.randomUUID(), turnId: crypto.randomUUID() };
    stage.pipeline.say({ type: 'begin', ...ids });
    return ids;
  };
  const give = (utteranceId: string, packets: readonly Uint8Array[]): void => {
    for (const packet of packets)
      stage.pipeline.say({ type: 'opus', utteranceId, packet: packet.slice(), preSkip: 312 });
  };
  /** Passes time until the player has been given all of them. */
  const until = async (turns: number): Promise<void> => {
    for (let pass = 0; pass < 400 && stage.events('turn-end').length < turns; pass += 1)
      await stage.pass(21.333_333_333);
  };
  /** So many packets have been decoded and lie in the player's queue. */
  const decoded = (packets: number): Promise<void> =>
    expect.poll(() => stage.handed()).toBeGreaterThanOrEqual(packets * 960 - 312);
  const kept = async () => {
    await stage.pipeline.stop('session_stop');
    expect(stage.events('error')).toEqual([]);
    const segments = await stage.segments();
    const [segment] = segments;
    const audio = await readAudio(db, segment?.segment_id ?? '');
    return { segments, segment, file: readOggOpus(new Uint8Array(audio ?? new ArrayBuffer(0))), audio };
  };
  return { ...stage, begin, give, until, decoded, kept };
}

test('[DECODE-8] packets that were played whole are the file: the very bytes, of the length that was rendered', async () => {
  const { packets, coded } = await spoken();
  const stage = await conversation();
  await stage.pass(200);
  const { utteranceId } = stage.begin();
  stage.give(utteranceId, packets);
  stage.pipeline.say({ type: 'end', utteranceId });
  await stage.decoded(packets.length);
  await stage.until(1);
  const { segment, file, audio } = await stage.kept();
  expect(segment).toMatchObject({ format: 'opus', sample_rate: RATE, num_channels: 1, interrupted: false, gaps: [] });
  expect(segment?.capture.encoder).toMatchObject({ engine: 'passthrough', codec: 'opus', pre_skip: 312 });
  expect(file.packets).toEqual(packets);
  expect(file).toMatchObject({ preSkip: 312, samples: coded - 312 });
  expect(segment?.duration_ms).toBeCloseTo((coded - 312) / MS, 6);
  expect(segment?.rendered_ms).toBeCloseTo((coded - 312) / MS, 0);
  expect(await decode(audio?.slice(0) ?? new ArrayBuffer(0))).toHaveLength(coded - 312);
});

test.each(['cut', 'dry', 'mixed'] as const)(
  '[DECODE-9] packets that were not played whole as they are (%s) are encoded from what was rendered',
  async (how) => {
    const { packets } = await spoken();
    const stage = await conversation();
    await stage.pass(200);
    const { utteranceId } = stage.begin();
    stage.give(utteranceId, packets.slice(0, 25));
    await stage.decoded(24);
    if (how === 'cut') {
      await stage.pass(100);
      const cut = stage.pipeline.interrupt('manual');
      await stage.pass(100);
      await cut;
    }
    if (how === 'dry') await stage.pass(700);
    if (how === 'mixed')
      stage.pipeline.say({ type: 'pcm', utteranceId, samples: new Float32Array(4_800).fill(0.2), sampleRate: RATE });
    stage.give(utteranceId, packets.slice(25));
    stage.pipeline.say({ type: 'end', utteranceId });
    if (how !== 'cut') await stage.decoded(packets.length);
    await stage.until(1);
    const { segment, file, audio } = await stage.kept();
    expect(segment?.capture.encoder).toMatchObject({ engine: 'webcodecs' });
    expect(file.packets.length).toBeGreaterThan(3);
    const length = (await decode(audio?.slice(0) ?? new ArrayBuffer(0))).length;
    expect(length).toBe(Math.round((segment?.duration_ms ?? 0) * MS));
    if (how === 'cut') expect(segment?.interrupted).toBe(true);
    else expect(segment?.duration_ms).toBeGreaterThan(1_000);
  },
);
