import { afterEach, beforeEach, expect, test } from 'vitest';
import { wasmCodecs } from '../codecs/wasm/wasm-codecs.ts';
import type { FileRequest } from '../core/messages/page-engine.ts';
import { locateCodecs } from '../scripted/codecs.ts';
import { loudness } from '../scripted/session.ts';
import { channelsOf, readFile, rms, tone, twoTaps } from '../scripted/two-taps.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../storage/database.ts';

/** A browser whose worker has no AudioDecoder (Safari before 26, Firefox before 130): Opus is decoded by ours. */

let db: TurntapeDatabase;
const { AudioDecoder } = globalThis;
beforeEach(async () => {
  db = await openTurntapeDatabase(`no-webcodecs-${crypto.randomUUID()}`);
});
afterEach(() => {
  globalThis.AudioDecoder = AudioDecoder;
  db.close();
});

/** Two turns with a standstill between them, kept as Opus. */
async function conversation(session: 'stereo' | false): Promise<string> {
  const { pipeline, sessionId, play, freeze, caughtUp } = await twoTaps({
    db,
    session,
    format: 'opus',
    model: loudness(0.1),
  });
  play(1024, { user: tone(440, 0.5) });
  await caughtUp();
  freeze(3000);
  play(1024, { user: tone(440, 0.5), bot: tone(1000, 0.25) });
  await caughtUp();
  await pipeline.stop('session_stop');
  return sessionId;
}

const read = async (sessionId: string, request: Partial<FileRequest> = {}) => {
  const { facts, file } = await readFile(db, { sessionId, ...request });
  return { facts, channels: channelsOf(file, facts.numChannels) };
};

test.each(['stereo', false] as const)(
  '[DECODE-11] without AudioDecoder an export and a stretch come to the same audio by our decoder (record.session %s)',
  async (session) => {
    const sessionId = await conversation(session);
    const stretch = { speaker: 'user', fromMs: 200, toMs: 900 } as const;
    const [theirs, theirStretch] = [await read(sessionId), await read(sessionId, stretch)];
    Reflect.deleteProperty(globalThis, 'AudioDecoder');
    locateCodecs();
    const [ours, ourStretch] = [await read(sessionId), await read(sessionId, stretch)];
    expect(ours.facts).toEqual(theirs.facts);
    expect(rms(ours.channels[0]!, 9_600, 40_000)).toBeGreaterThan(0.3);
    for (const [mine, other] of [
      [ours.channels[0], theirs.channels[0]],
      [ours.channels[1], theirs.channels[1]],
      [ourStretch.channels[0], theirStretch.channels[0]],
    ] as const) {
      expect(mine!.length).toBe(other!.length);
      const worst = mine!.reduce((most, sample, n) => Math.max(most, Math.abs(sample - other![n]!)), 0);
      expect(worst).toBeLessThan(2e-3);
    }
  },
);

test('[DECODE-11] where our decoder is not there either, the export says so by name', async () => {
  const sessionId = await conversation('stereo');
  Reflect.deleteProperty(globalThis, 'AudioDecoder');
  const none = new URL('./none.js', import.meta.url).href;
  wasmCodecs.locate({ opusEncoder: none, opusDecoder: none, mp3Encoder: none, lame: none, mp3Decoder: none });
  await expect(read(sessionId)).rejects.toMatchObject({ code: 'asset_not_found', field: 'assetBase' });
  // What was kept as Opus is passed through: nothing has to be decoded.
  expect((await readFile(db, { sessionId, format: 'opus' })).facts.encoder['passedThrough']).toBe(true);
});
