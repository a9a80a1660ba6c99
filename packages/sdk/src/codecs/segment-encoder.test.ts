import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { assembleFile } from './assemble-file.ts';
import { checkEncoder, createSegmentEncoder } from './segment-encoder.ts';
import type { SegmentEncoderOptions } from './segment-encoder.ts';

function wavEncoder(options: Partial<SegmentEncoderOptions> = {}) {
  const chunks: ArrayBuffer[] = [];
  const encoder = createSegmentEncoder({
    format: 'wav',
    sampleRate: 8_000,
    bitrate: 24_000,
    chunkMs: 100,
    onChunk: (chunk) => chunks.push(chunk),
    onError: (error) => expect.fail(error.message),
    ...options,
  });
  return { chunks, encoder };
}

test('[ENC-1] WAV chunks leave as soon as they are full, none longer than asked, and hold every sample', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 6 }),
      fc.constantFrom(10, 60, 100),
      async (lengths, chunkMs) => {
        const { chunks, encoder } = wavEncoder({ chunkMs });
        let written = 0;
        for (const length of lengths) {
          encoder.write(Float32Array.from({ length }, () => (written += 1) / 32_768));
          expect(chunks).toHaveLength(Math.floor(written / (8 * chunkMs)));
          expect(encoder.samples).toBe(written);
          expect(encoder.queuedSamples).toBe(written % (8 * chunkMs));
        }
        await encoder.finish();
        for (const chunk of chunks) expect(chunk.byteLength).toBeLessThanOrEqual(8 * chunkMs * 2);
        const { file, samples } = assembleFile({ format: 'wav', sampleRate: 8_000, chunks });
        expect(samples).toBe(written);
        expect([...new Int16Array(file.slice(44).buffer)]).toEqual(Array.from({ length: written }, (_, n) => n + 1));
      },
    ),
  );
});

test('[ENC-2] the block that was written may be used again at once', async () => {
  const { chunks, encoder } = wavEncoder();
  const block = new Float32Array(10).fill(0.25);
  encoder.write(block);
  block.fill(1);
  await encoder.finish();
  expect(new Int16Array(chunks[0]!)).toEqual(new Int16Array(10).fill(8_192));
});

test('[ENC-3] an ended encoder takes no more samples, and to finish or close it again is harmless', async () => {
  const { chunks, encoder } = wavEncoder();
  encoder.write(new Float32Array(10));
  await encoder.finish();
  await encoder.finish();
  expect(chunks).toHaveLength(1);
  const ended = expect.objectContaining({ code: 'turn_ended' });
  expect(() => encoder.write(new Float32Array(1))).toThrowError(ended);
  encoder.close();
  encoder.close();
  await encoder.finish();
});

test('[ENC-4] an encoder that is closed gives no chunk more, and finish says so', async () => {
  const { chunks, encoder } = wavEncoder();
  encoder.write(new Float32Array(10));
  encoder.close();
  await expect(encoder.finish()).rejects.toMatchObject({ code: 'aborted' });
  expect(() => encoder.write(new Float32Array(1))).toThrowError(expect.objectContaining({ code: 'turn_ended' }));
  expect(chunks).toHaveLength(0);
});

test('[ENC-5] options that no encoder takes are refused by name', async () => {
  const wrong: [Partial<SegmentEncoderOptions>, { code: string; field: string }][] = [
    [{ format: 'flac' as never }, { code: 'unsupported_format', field: 'format' }],
    [{ sampleRate: 0 }, { code: 'invalid_argument', field: 'sampleRate' }],
    [{ sampleRate: 44_100.5 }, { code: 'invalid_argument', field: 'sampleRate' }],
    [
      { format: 'opus', sampleRate: 16_000 },
      { code: 'invalid_argument', field: 'sampleRate' },
    ],
    [
      { format: 'opus', sampleRate: 48_000, bitrate: 5_999 },
      { code: 'invalid_argument', field: 'bitrate' },
    ],
    [
      { format: 'opus', sampleRate: 48_000, bitrate: NaN },
      { code: 'invalid_argument', field: 'bitrate' },
    ],
    [{ chunkMs: 0 }, { code: 'invalid_argument', field: 'chunkMs' }],
    [{ chunkMs: NaN }, { code: 'invalid_argument', field: 'chunkMs' }],
  ];
  for (const [options, error] of wrong) {
    expect(() => wavEncoder(options), JSON.stringify(options)).toThrowError(expect.objectContaining(error));
    if ('chunkMs' in options) continue;
    const choice = { format: 'wav' as const, sampleRate: 8_000, bitrate: 24_000, ...options };
    await expect(checkEncoder(choice)).rejects.toMatchObject(error);
  }
});

test('[ENC-6] where there is no Opus encoder the error names the way out', async () => {
  expect(typeof globalThis.AudioEncoder).toBe('undefined'); // Node has none
  const choice = { format: 'opus' as const, sampleRate: 48_000, bitrate: 24_000 };
  const error = {
    code: 'unsupported_format',
    field: 'format',
    message: expect.stringContaining("encoder.engine 'wasm' or format 'wav'"),
  };
  expect(() => wavEncoder(choice)).toThrowError(expect.objectContaining(error));
  await expect(checkEncoder(choice)).rejects.toMatchObject(error);
  await checkEncoder({ ...choice, format: 'wav' });
});

test('[ENC-7] the facts say how the file was made', () => {
  expect(wavEncoder().encoder.facts).toEqual({
    engine: 'turntape',
    codec: 'pcm_s16le',
    sampleRate: 8_000,
    numChannels: 1,
    dither: false,
  });
});

test('[EXIT-3] a chunk that is asked for early is short, and the file is the same', async () => {
  const samples = Float32Array.from({ length: 1000 }, (_, n) => Math.sin(n / 10));
  const files = [];
  for (const early of [false, true]) {
    const { chunks, encoder } = wavEncoder();
    for (let at = 0; at < samples.length; at += 100) {
      encoder.write(samples.subarray(at, at + 100));
      if (early) encoder.flush();
    }
    await encoder.finish();
    encoder.flush();
    files.push(assembleFile({ format: 'wav', sampleRate: 8000, chunks }).file);
    expect(chunks.length).toBeGreaterThan(early ? 9 : 1);
  }
  expect(files[1]).toEqual(files[0]);
});
