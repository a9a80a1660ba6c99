import { expect, test } from 'vitest';
import { decodeG711, encodeG711 } from '../../codecs/g711.ts';
import { disguisedAs } from './companding.ts';

/** Where each measure of `disguisedAs` turns: bytes that lie just on one side of it, and just on the other. */

/** Numbers from 0 to 1, the same every time. */
function randoms(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}

/** A loud voice of one tone that rises and falls. */
const voice = (samples: number): Int16Array =>
  Int16Array.from({ length: samples }, (_, n) => 20_000 * Math.sin(n / 3 + 20 * Math.sin(n / 400)));

test('[DOCTOR-11] half a second of G.711 at 8 kHz is known, and a byte less is not', () => {
  const coded = encodeG711(voice(4_000), 'mulaw');
  expect(disguisedAs(coded)).toBe('mulaw');
  expect(disguisedAs(coded.subarray(1))).toBeUndefined();
});

test('[DOCTOR-11] bytes are taken for G.711 while even and odd ones differ by less than 0.17', () => {
  // Each value twice, so that both halves hold the same; then every so many even ones become the code beside their own.
  const half = encodeG711(voice(10_000), 'mulaw').map((code) => code | 1);
  const differing = (share: number): Uint8Array => {
    const changed = new Set(Array.from({ length: Math.round(share * half.length) }, (_, n) => Math.floor(n / share)));
    return Uint8Array.from({ length: 20_000 }, (_, n) => {
      const code = half[n >> 1] ?? 0;
      return n % 2 === 0 && changed.has(n >> 1) ? code & ~1 : code;
    });
  };
  // One byte that is changed is missing in the one half and too many in the other.
  expect(disguisedAs(differing(0.16))).toBe('mulaw');
  expect(disguisedAs(differing(0.18))).toBeUndefined();
});

test('[DOCTOR-11] and while they are smooth: below 0.88', () => {
  const random = randoms(5);
  const noise = Array.from({ length: 60_000 }, () => random() - 0.5);
  /** A tone of which so much is noise, and how rough it has become. */
  const roughened = (share: number) => {
    const tone = (n: number): number => 9_000 * (1 - share) * Math.sin(n / 3.3 + 2 * Math.sin(n / 400));
    const pcm = Int16Array.from(noise, (each, n) => tone(n) + 16_000 * share * each);
    const coded = encodeG711(pcm, 'alaw');
    const heard = decodeG711(coded, 'alaw');
    let [energy, differences] = [0, 0];
    for (const [n, sample] of heard.entries()) {
      energy += sample ** 2;
      differences += (sample - (heard[n - 1] ?? 0)) ** 2;
    }
    return { coded, rough: differences / energy };
  };
  const nearest = (rough: number): Uint8Array => {
    let [low, high] = [0, 1];
    for (let step = 0; step < 20; step += 1) {
      const share = (low + high) / 2;
      if (roughened(share).rough < rough) low = share;
      else high = share;
    }
    return roughened(low).coded;
  };
  expect(disguisedAs(nearest(0.87))).toBe('alaw');
  expect(disguisedAs(nearest(0.89))).toBeUndefined();
});

test('[DOCTOR-11] a silence whose last bit goes up and down slowly is no G.711, however smooth it is in that reading', () => {
  const still = Int16Array.from({ length: 8_000 }, (_, n) => (Math.floor(n / 25) % 2 === 0 ? 0 : -1));
  expect(disguisedAs(new Uint8Array(still.buffer))).toBeUndefined();
});
