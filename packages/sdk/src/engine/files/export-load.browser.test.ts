import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { wasmCodecs } from '../../codecs/wasm/wasm-codecs.ts';
import type { SessionFileFormat } from '../../core/session-file.ts';
import { locateCodecs } from '../../scripted/codecs.ts';
import { loudness, named } from '../../scripted/session.ts';
import { tone, twoTaps } from '../../scripted/two-taps.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../../storage/database.ts';
import { OpenFiles } from './open-files.ts';
import { readSessionFileAs } from './session-files.ts';

/** An export runs in the engine, beside a session that is spoken: what it may keep waiting, in order and not in time. */

let db: TurntapeDatabase;
beforeAll(async () => {
  locateCodecs();
  await wasmCodecs.loadMp3Encoder();
});
beforeEach(async () => {
  db = await openTurntapeDatabase(`export-load-${crypto.randomUUID()}`);
});
afterEach(() => db.close());

const SECONDS = 12;

/** Some seconds of both, kept as a session file of this format; of MP3, as turns. */
async function kept(format: SessionFileFormat): Promise<string> {
  const session = format === 'mp3' ? false : 'stereo';
  const { pipeline, sessionId, play, caughtUp } = await twoTaps({ db, session, format, model: loudness(0.1) });
  play(SECONDS * 1000, { user: tone(440, 0.5), bot: tone(1000, 0.25) });
  await caughtUp();
  await pipeline.stop('session_stop');
  return sessionId;
}

/** The file's bytes as the page asks for them, and after each piece of work what was made so far. */
async function made(sessionId: string, format: SessionFileFormat, onPiece: (bytes: number) => void): Promise<number> {
  const { bytes } = await readSessionFileAs(db, { sessionId, layout: 'stereo', format, bitrate: 32_000 });
  const files = new OpenFiles();
  let total = 0;
  const counted = async function* () {
    for await (const piece of bytes) {
      total += piece.length;
      onPiece(total);
      yield piece;
    }
  };
  const fileId = files.open(counted());
  while (await files.read(fileId));
  await files.close(fileId);
  return total;
}

test.each([
  ['wav', 'wav'],
  ['opus', 'wav'],
  ['opus', 'opus'],
  ['wav', 'opus'],
  ['opus', 'mp3'],
  ['mp3', 'wav'],
] as const)(
  '[EXPORT-11] while %s is exported as %s a live session hears its user before two more seconds of the file are made',
  async (from, to) => {
    const sessionId = await kept(from);
    const total = await made(sessionId, to, () => undefined);
    const live = await twoTaps({ db, session: 'stereo', format: 'opus', model: loudness(0.1) });
    live.play(1024, {});
    await live.caughtUp();
    let spokeAt: number | undefined;
    let heardAt: number | undefined;
    await made(sessionId, to, (bytes) => {
      if (spokeAt === undefined && bytes > total / 4) {
        spokeAt = bytes;
        live.play(512, { user: tone(440, 0.5) });
      }
      if (heardAt === undefined && named(live.facts, 'client_vad_start').length > 0) heardAt = bytes;
    });
    const secondsLater = (((heardAt ?? Infinity) - (spokeAt ?? 0)) / total) * SECONDS;
    expect(secondsLater).toBeLessThan(2);
    await live.pipeline.stop('session_stop');
  },
);
