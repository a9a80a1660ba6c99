import { afterEach, expect, test } from 'vitest';
import { freshDatabase } from '../../scripted/fresh-database.ts';
import { scriptedConversation } from '../../scripted/session.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';

/** A browser's encoder that breaks in the middle of a turn. */

let db: TurntapeDatabase;
freshDatabase((opened) => (db = opened));

const { AudioEncoder } = globalThis;
afterEach(() => void (globalThis.AudioEncoder = AudioEncoder));

/** The first encoder that is made breaks at its fiftieth packet, as one does whose process died. */
function breakFirst(): void {
  let made = 0;
  globalThis.AudioEncoder = class extends AudioEncoder {
    readonly #fail: WebCodecsErrorCallback;
    #left: number;

    constructor(init: AudioEncoderInit) {
      super(init);
      this.#fail = init.error;
      made += 1;
      this.#left = made === 1 ? 50 : Infinity;
    }

    override encode(data: AudioData): void {
      this.#left -= 1;
      if (this.#left > 0) return super.encode(data);
      super.close();
      this.#fail(new DOMException('the codec process died', 'EncodingError'));
    }
  };
}

test('[ENC-20] an encoder that breaks in the middle of a turn is told, and costs no other turn', async () => {
  breakFirst();
  const it = await scriptedConversation(db, { format: 'opus', bargeIn: { mode: 'off' } });
  await it.pass(800);
  await it.pass(1600, 0.25);
  await it.pass(1600);
  it.say(800);
  await it.pass(1600);
  await it.pass(1600, 0.25);
  await it.pass(1600);
  await it.stop();
  expect(new Set(it.events('error').map(({ error }) => error.code))).toEqual(new Set(['encoder_failed']));
  const kept = await it.segments();
  expect(kept.map(({ speaker, end_reason }) => `${speaker} ${end_reason}`).toSorted()).toEqual([
    'bot drained',
    'user speech_end',
  ]);
  expect(it.events('turn-end')).toHaveLength(3);
});
