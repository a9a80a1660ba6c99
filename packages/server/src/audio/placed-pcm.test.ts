import { expect, test } from 'vitest';
import { interleaved, lineOf } from './placed-pcm.ts';

const bytesOf = (samples: readonly number[]): Buffer => Buffer.from(Int16Array.from(samples).buffer);
const count = (length: number, first: number): number[] => Array.from({ length }, (_, n) => first + n);

/** In pieces of so many bytes, as a pipe gives them. */
async function* cutUp(samples: readonly number[], bytes: number): AsyncGenerator<Buffer> {
  const all = bytesOf(samples);
  for (let at = 0; at < all.length; at += bytes) yield all.subarray(at, at + bytes);
}

async function samplesOf(pieces: AsyncIterable<Buffer>): Promise<number[]> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  const whole = Buffer.concat(all);
  return Array.from({ length: whole.length / 2 }, (_, n) => whole.readInt16LE(n * 2));
}

test('[SRV-120] a sample that a pipe cuts in two is one sample, and what overlaps is taken once', async () => {
  for (const bytes of [1, 3, 7, 64]) {
    const sounds = [
      { at: 5, open: () => cutUp(count(10, 100), bytes) },
      { at: 12, open: () => cutUp(count(10, 200), bytes) },
    ];
    const wanted = [0, 0, 0, ...count(10, 100), ...count(7, 203), 0, 0];
    expect(await samplesOf(lineOf(sounds, 2, 24))).toEqual(wanted);
    const other = lineOf([{ at: 0, open: () => cutUp(count(30, 300), 5) }], 2, 24);
    const both = await samplesOf(interleaved(lineOf(sounds, 2, 24), other));
    expect(both).toEqual(wanted.flatMap((sample, n) => [sample, 302 + n]));
  }
});

test('[SRV-121] what nobody asked for is not decoded, and what was begun is ended', async () => {
  let given = 0;
  let ended = 0;
  const endless = async function* (): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        given += 1;
        yield bytesOf(count(10, 1));
      }
    } finally {
      ended += 1;
    }
  };
  const never = { at: 100, open: () => expect.unreachable('it lies behind the end') };
  expect(await samplesOf(lineOf([{ at: 0, open: endless }, never], 0, 25))).toHaveLength(25);
  expect([given, ended]).toEqual([3, 1]);
  const line = lineOf([{ at: 0, open: endless }], 0, 1_000);
  await line.next();
  await line.return();
  expect(ended).toBe(2);
});
