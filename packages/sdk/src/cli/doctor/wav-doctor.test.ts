import { expect, test } from 'vitest';
import { encodeG711 } from '../../codecs/g711.ts';
import { isWav, treatWav } from './wav-doctor.ts';

/** Each finding alone: a file with one fault, and every other fact of it right. */

const UNKNOWN = { sampleRate: undefined, numChannels: 1 } as const;

interface Wav {
  tag?: number;
  numChannels?: number;
  sampleRate?: number;
  bits?: number;
  byteRate?: number;
  frameBytes?: number;
  /** Of the format's chunk, behind its first 16 bytes. */
  more?: Uint8Array;
  data?: Uint8Array;
  said?: number;
  riff?: number;
  before?: Uint8Array;
  after?: Uint8Array;
}

const bytes = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const name = (text: string): Uint8Array => new TextEncoder().encode(text);
const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const u16 = (value: number): Uint8Array => new Uint8Array(Uint16Array.of(value).buffer);

/** Three quarters of a second that go up and down: of one tone G.711 would hold a few values alone. */
const TONE = new Uint8Array(
  Int16Array.from({ length: 6_000 }, (_, n) => 12_000 * Math.sin(n / 3 + 20 * Math.sin(n / 400)) * Math.sin(n / 70))
    .buffer,
);

function wav(wish: Wav = {}): Uint8Array {
  const { tag = 1, numChannels = 1, sampleRate = 8_000, bits = 16, data = TONE, more = new Uint8Array(0) } = wish;
  const { frameBytes = (numChannels * bits) / 8, said = data.length } = wish;
  const { byteRate = (sampleRate * numChannels * bits) / 8 } = wish;
  const format = bytes(u16(tag), u16(numChannels), u32(sampleRate), u32(byteRate), u16(frameBytes), u16(bits), more);
  const { before = new Uint8Array(0), after = new Uint8Array(0) } = wish;
  const pad = new Uint8Array(data.length % 2);
  const body = bytes(name('WAVEfmt '), u32(format.length), format, before, name('data'), u32(said), data, pad, after);
  return bytes(name('RIFF'), u32(wish.riff ?? body.length), body);
}

const chunk = (id: string, body: Uint8Array): Uint8Array =>
  bytes(name(id), u32(body.length), body, new Uint8Array(body.length % 2));

test('[DOCTOR-1] a pad byte, an extended header, chunks of odd length, and a format that is not ours to treat are sound', () => {
  const odd = TONE.subarray(0, 4_001);
  for (const [what, file] of Object.entries({
    plain: wav(),
    padded: wav({ bits: 8, data: odd }),
    extensible: wav({ tag: 0xfffe, more: new Uint8Array(24) }),
    'odd chunk before': wav({ before: chunk('LIST', name('INFOx')) }),
    'chunk behind': wav({ after: chunk('LIST', name('INFO')) }),
    float: wav({ tag: 3, bits: 32 }),
    'µ-law that says so': wav({ tag: 7, bits: 8 }),
  })) {
    expect(isWav(file)).toBe(true);
    expect({ what, ...treatWav(file, UNKNOWN) }).toEqual({
      what,
      kind: 'wav',
      found: [],
      done: [],
      repaired: undefined,
    });
  }
});

test('[DOCTOR-2] each size that is wrong is found alone, and the file is what it should have been', () => {
  for (const [wrong, said] of [
    [{ riff: 0 }, 'bytes in all'],
    [{ said: 0 }, 'bytes of samples'],
    [{ byteRate: 8_000 }, 'do not follow from'],
    [{ frameBytes: 4 }, 'do not follow from'],
  ] as const) {
    const { found, done, repaired } = treatWav(wav(wrong), UNKNOWN);
    expect(found).toEqual([expect.stringContaining(said)]);
    expect(done).toEqual(['the header was written anew for 6000 frames at 8000 Hz']);
    expect(repaired).toEqual(wav());
  }
});

test('[DOCTOR-2] what stands behind the samples is left out only where it is chunks to the end of the file', () => {
  const behind = treatWav(wav({ riff: 0, after: chunk('LIST', name('INFO')) }), UNKNOWN);
  expect(behind.done).toContain('what stood behind the samples was left out');
  expect(behind.repaired).toEqual(wav());
  // A size that was never brought up to date: sound goes on where it ends, and spells a name by chance.
  const grown = bytes(name('LIST'), u32(4), name('INFO'), TONE);
  const { repaired } = treatWav(wav({ riff: 0, after: grown }), UNKNOWN);
  expect(repaired).toEqual(wav({ data: bytes(TONE, grown) }));
});

test('[DOCTOR-2] 24 bits and three channels are looked at, and not treated', () => {
  for (const [wish, said] of [
    [{ bits: 24, data: TONE.subarray(0, 9_000) }, '24 bits in 1 channels are not treated'],
    [{ numChannels: 3 }, '16 bits in 3 channels are not treated'],
  ] as const) {
    const { found, repaired } = treatWav(wav({ ...wish, said: 12 }), UNKNOWN);
    expect(found).toContain(said);
    expect(repaired).toBeUndefined();
  }
});

test('[DOCTOR-13] what is not PCM is told to have a wrong size, and is not treated', () => {
  const { found, repaired } = treatWav(wav({ tag: 3, bits: 32, said: 12 }), UNKNOWN);
  expect(found).toEqual([
    'the header says 12 bytes of samples, and there are 12000',
    'samples of the kind 3 are not treated, PCM alone is',
  ]);
  expect(repaired).toBeUndefined();
});

test('[DOCTOR-3] without a header the caller says how many channels there are; a name far behind is no header', () => {
  const headless = bytes(new Uint8Array(44), TONE);
  const { repaired } = treatWav(headless, { sampleRate: 16_000, numChannels: 2 });
  expect(repaired).toEqual(wav({ numChannels: 2, sampleRate: 16_000 }));
  const far = bytes(TONE.subarray(0, 8_000), name('data'), u32(400), TONE.subarray(0, 400));
  const broken = bytes(wav().subarray(0, 36), name('LIST'), u32(1_000_000), far);
  const { found } = treatWav(broken, UNKNOWN);
  expect(found).toEqual(['the header ends before the samples begin']);
});

test('[DOCTOR-4] two channels of bytes that look like µ-law are left alone', () => {
  const codes = encodeG711(new Int16Array(TONE.buffer), 'mulaw');
  expect(treatWav(wav({ data: codes }), UNKNOWN).found).toEqual([expect.stringContaining('the bytes are µ-law')]);
  expect(treatWav(wav({ data: codes, numChannels: 2 }), UNKNOWN).found).toEqual([]);
});
