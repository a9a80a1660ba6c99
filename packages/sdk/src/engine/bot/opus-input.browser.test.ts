import { afterEach, beforeEach, expect, test } from 'vitest';
import { assembleFile } from '../../codecs/assemble-file.ts';
import { readPacketChunk } from '../../codecs/packet-chunk.ts';
import { readOggOpus } from '../../codecs/read-ogg-opus.ts';
import { createSegmentEncoder } from '../../codecs/segment-encoder.ts';
import { MS, RATE, type SettingsChange, scriptedConversation } from '../../scripted/session.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../../storage/database.ts';
import { readAudio } from '../../storage/segments.ts';
import { OpusInput } from './opus-input.ts';

let db: TurntapeDatabase;
beforeEach(async () => {
  db = await openTurntapeDatabase(`opus-${crypto.randomUUID()}`);
});
afterEach(() => db.close());

/** A second of a rising tone as a speech service sends it: packets of 20 ms. */
async function spoken(ms = 1_000, frameMs: 20 | 60 = 20) {
  const chunks: ArrayBuffer[] = [];
  const encoder = createSegmentEncoder({
    format: 'opus',
    sampleRate: RATE,
    bitrate: 32_000,
    chunkMs: 60,
    opus: { frameMs },
    onChunk: (chunk) => chunks.push(chunk),
    onError: (error) => expect.fail(error.message),
  });
  encoder.write(Float32Array.from({ length: ms * MS }, (_, n) => 0.4 * Math.sin(n * 0.02 + (n * n) / 4e7)));
  await encoder.finish();
  const packets = chunks.flatMap((chunk) => readPacketChunk(chunk).packets);
  const { file } = assembleFile({ format: 'opus', sampleRate: RATE, chunks });
  return { packets, file, coded: packets.length * frameMs * MS };
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
async function conversation(change: SettingsChange = {}) {
  const stage = await scriptedConversation(db, { format: 'opus', vad: null, ...change });
  const begin = (turnId: string = crypto.randomUUID()): { utteranceId: string; turnId: string } => {
    const ids = { utteranceId: crypto.randomUUID(), turnId };
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
    await stage.stop();
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

test('[DECODE-8] stereo packets of 60 ms are kept as they are, in two channels, and played as one', async () => {
  const { packets } = await spoken(960, 60);
  // The bit that says stereo. What was one channel becomes another sound, and a packet as valid as before.
  const stereo = packets.map((packet) => Uint8Array.of((packet[0] ?? 0) | 0x04, ...packet.subarray(1)));
  const stage = await conversation();
  await stage.pass(200);
  const { utteranceId } = stage.begin();
  stage.give(utteranceId, stereo);
  stage.pipeline.say({ type: 'end', utteranceId });
  await expect.poll(() => stage.handed()).toBeGreaterThanOrEqual(packets.length * 2_880 - 312);
  await stage.until(1);
  const { segment, file, audio } = await stage.kept();
  expect(segment).toMatchObject({ num_channels: 2, capture: { encoder: { engine: 'passthrough', num_channels: 2 } } });
  expect(file).toMatchObject({ numChannels: 2, packets: stereo, samples: packets.length * 2_880 - 312 });
  const played = await new OfflineAudioContext(2, 1, RATE).decodeAudioData(audio?.slice(0) ?? new ArrayBuffer(0));
  expect([played.numberOfChannels, played.length]).toEqual([2, packets.length * 2_880 - 312]);
});

/** What is done to the sound of half a second of packets, with the other half still to come. */
type Stage = Awaited<ReturnType<typeof conversation>>;
const DISTURBED: Record<
  string,
  { change?: SettingsChange; meanwhile: (stage: Stage, utteranceId: string) => unknown }
> = {
  cut: {
    meanwhile: async ({ pipeline, pass }) => {
      await pass(100);
      await Promise.all([pipeline.interrupt('manual'), pass(100)]);
    },
  },
  'dry for a moment': { meanwhile: ({ pass }) => pass(700) },
  'mixed with PCM': {
    meanwhile: ({ pipeline }, utteranceId) => {
      pipeline.say({ type: 'pcm', utteranceId, samples: new Float32Array(4_800).fill(0.2), sampleRate: RATE });
    },
  },
  ducked: {
    change: { vad: {} },
    meanwhile: async ({ pass, told }) => {
      await pass(100);
      await pass(100, 0.5);
      await pass(50);
      expect(told()).toEqual([0.25]);
    },
  },
  redacted: {
    meanwhile: async ({ pipeline, pass, handed }) => {
      await pass(100);
      expect(handed()).toBeGreaterThan(0);
      await pipeline.redact({ fromMs: 250, toMs: 280, speaker: 'bot' });
    },
  },
  'longer than a file may be': { change: { turns: { maxSegmentMs: 600 } }, meanwhile: () => undefined },
};

test.each(Object.entries(DISTURBED))(
  '[DECODE-9] packets that were not played whole as they are (%s) are encoded from what was rendered',
  async (how, { change, meanwhile }) => {
    const { packets } = await spoken();
    const stage = await conversation(change);
    await stage.pass(200);
    const { utteranceId } = stage.begin();
    stage.give(utteranceId, packets.slice(0, 25));
    await stage.decoded(24);
    await meanwhile(stage, utteranceId);
    stage.give(utteranceId, packets.slice(25));
    stage.pipeline.say({ type: 'end', utteranceId });
    if (how !== 'cut') await stage.decoded(packets.length);
    await stage.until(1);
    const { segments, file, segment } = await stage.kept();
    const bot = segments.filter(({ speaker, byte_size }) => speaker === 'bot' && byte_size > 0);
    expect(bot).toHaveLength(how === 'longer than a file may be' ? 2 : 1);
    expect(file.packets.length).toBeGreaterThan(3);
    for (const { segment_id, capture, duration_ms } of bot) {
      expect(capture.encoder).toMatchObject({ engine: 'webcodecs' });
      const audio = await readAudio(db, segment_id);
      const { length } = await decode(audio?.slice(0) ?? new ArrayBuffer(0));
      expect(length).toBe(Math.round(duration_ms * MS));
    }
    const wholeMs = bot.reduce((sum, { duration_ms }) => sum + duration_ms, 0);
    if (how === 'cut') expect(segment?.interrupted).toBe(true);
    else expect(wholeMs).toBeGreaterThan(1_000);
  },
);

test('[DECODE-9] two utterances of one turn are one file, encoded from what was rendered', async () => {
  const { packets } = await spoken();
  const stage = await conversation();
  await stage.pass(200);
  const one = stage.begin();
  const other = stage.begin(one.turnId);
  for (const { utteranceId } of [one, other]) {
    stage.give(utteranceId, packets.slice(0, 25));
    stage.pipeline.say({ type: 'end', utteranceId });
  }
  await stage.decoded(48);
  await stage.until(1);
  const { segments, segment } = await stage.kept();
  expect(segments).toHaveLength(1);
  expect(segment?.capture.encoder).toMatchObject({ engine: 'webcodecs' });
  expect(segment?.duration_ms).toBeGreaterThan(950);
});

const fail = ({ message }: Error): void => expect.fail(message);

test('[DECODE-12] a pre-skip reaches over as many packets as it takes, of 2.5 ms too', async () => {
  const packets: Uint8Array[] = [];
  const encoder = new AudioEncoder({
    output: (chunk) => {
      const packet = new Uint8Array(chunk.byteLength);
      chunk.copyTo(packet);
      packets.push(packet);
    },
    error: fail,
  });
  const opus = { frameDuration: 2_500 } as OpusEncoderConfig;
  encoder.configure({ codec: 'opus', sampleRate: RATE, numberOfChannels: 1, bitrate: 96_000, opus });
  const data = Float32Array.from({ length: 4_800 }, (_, n) => 0.4 * Math.sin(n * 0.05));
  const shape = { format: 'f32-planar', sampleRate: RATE, numberOfFrames: data.length, numberOfChannels: 1 } as const;
  const spoke = new AudioData({ ...shape, timestamp: 0, data });
  encoder.encode(spoke);
  await encoder.flush();
  spoke.close();
  encoder.close();
  const decodedWith = async (preSkip: number): Promise<number[]> => {
    const samples: number[] = [];
    const input = new OpusInput({ preSkip, onPcm: (piece) => samples.push(...piece), onError: fail });
    for (const packet of packets) input.write(packet);
    await input.end();
    return samples;
  };
  const all = await decodedWith(0);
  expect(all).toHaveLength(packets.length * 120);
  expect(packets.length).toBeGreaterThanOrEqual(40);
  // Within the third packet, at the end of the first, and longer than all there is.
  for (const preSkip of [312, 120]) expect(await decodedWith(preSkip)).toEqual(all.slice(preSkip));
  expect(await decodedWith(packets.length * 120 + 7)).toEqual([]);
});
