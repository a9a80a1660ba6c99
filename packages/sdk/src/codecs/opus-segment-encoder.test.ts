import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { assembleFile } from './assemble-file.ts';
import { DEFAULT_OPUS_SETTINGS } from './opus-engine.ts';
import type { OpusEngine } from './opus-engine.ts';
import { LIBOPUS_PRE_SKIP } from './opus-head.ts';
import { OpusSegmentEncoder } from './opus-segment-encoder.ts';
import { readPacketChunk } from './packet-chunk.ts';

/**
 * What an engine may be like, without its codec: one packet comes out for each frame that goes in, at once or later, and
 * its pre-skip is known with the first of them. A flush may add packets of its own, as Chromium's does.
 */
function engineLike(traits: { preSkip: number; late: boolean; extraPackets: number }): OpusEngine {
  return {
    name: 'packet-counter',
    supports: () => Promise.resolve(true),
    open(_settings, sink) {
      let preSkip = LIBOPUS_PRE_SKIP;
      let waiting = 0;
      const give = (): void => {
        for (; waiting > 0; waiting -= 1) {
          preSkip = traits.preSkip;
          sink.packet(Uint8Array.of(0xf8, 0));
        }
      };
      return {
        get preSkip() {
          return preSkip;
        },
        encode(frames) {
          expect(frames).toHaveLength(960);
          waiting += 1;
          if (!traits.late) give();
        },
        flush() {
          waiting += traits.extraPackets;
          give();
          return Promise.resolve();
        },
        close() {
          waiting = 0;
        },
      };
    },
  };
}

test('[ENC-18] whatever the engine’s pre-skip and timing, its packets hold exactly what was written', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        preSkip: fc.constantFrom(0, 120, 312, 648, 960, 1_200),
        late: fc.boolean(),
        extraPackets: fc.integer({ min: 0, max: 2 }),
      }),
      fc.array(fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.constantFrom(128, 512, 648, 960)), { maxLength: 9 }),
      fc.constantFrom(20, 60, 100),
      async (traits, lengths, chunkMs) => {
        const chunks: ArrayBuffer[] = [];
        const encoder = new OpusSegmentEncoder(
          engineLike(traits),
          DEFAULT_OPUS_SETTINGS,
          chunkMs,
          (chunk) => chunks.push(chunk),
          (error) => expect.fail(error.message),
        );
        for (const length of lengths) encoder.write(new Float32Array(length));
        await encoder.finish();
        const written = lengths.reduce((sum, length) => sum + length, 0);
        expect(encoder.samples).toBe(written);
        expect(encoder.queuedSamples).toBe(0);
        const { samples } = assembleFile({ format: 'opus', sampleRate: 48_000, chunks });
        expect(samples).toBe(written);
        const read = chunks.map(readPacketChunk);
        for (const [index, chunk] of read.entries()) {
          expect(chunk.packets.length).toBeGreaterThan(0);
          expect(chunk.packets.length).toBeLessThanOrEqual(chunkMs / 20);
          // No packet is kept that lies wholly past the end.
          if (index < chunks.length - 1) expect(chunk.endTrim).toBe(0);
          else expect(chunk.endTrim).toBeLessThan(960);
        }
      },
    ),
  );
});
