import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BLOCK_FRAMES, QUANTUM_FRAMES } from '../core/messages/audio-setup.ts';
import { EPOCH_BREAK_MS } from '../core/timeline.ts';
import { BlockBuilder } from './block-builder.ts';

const RATE = 48_000;
const QUANTUM_MS = (QUANTUM_FRAMES / RATE) * 1000;

interface Block {
  startFrame: number;
  wallMs: number;
  frames: number;
  samples: Float32Array | null;
}

function collected(): { builder: BlockBuilder; blocks: Block[] } {
  const blocks: Block[] = [];
  const builder = new BlockBuilder(RATE, (startFrame, wallMs, frames, samples) =>
    blocks.push({ startFrame, wallMs, frames, samples }),
  );
  return { builder, blocks };
}

/** Appends a quantum in which every sample is the number of its frame. */
function quantum(builder: BlockBuilder, startFrame: number, wallMs: number): void {
  builder.begin(startFrame, wallMs);
  const samples = Float32Array.from({ length: QUANTUM_FRAMES }, (_, at) => startFrame + at);
  builder.append(samples, QUANTUM_FRAMES);
}

const spans = (blocks: readonly Block[]): number[][] => blocks.map(({ startFrame, frames }) => [startFrame, frames]);

test('[BLOCK-1] blocks start at multiples of a block on the capture clock, whenever the first quantum came', () => {
  const { builder, blocks } = collected();
  for (let at = 3; at < 13; at += 1) quantum(builder, at * QUANTUM_FRAMES, 1000 + at * QUANTUM_MS);
  expect(spans(blocks)).toEqual([
    [3 * QUANTUM_FRAMES, QUANTUM_FRAMES],
    [BLOCK_FRAMES, BLOCK_FRAMES],
    [2 * BLOCK_FRAMES, BLOCK_FRAMES],
  ]);
  expect(blocks[1]?.wallMs).toBe(1000 + 4 * QUANTUM_MS);
});

test('[CUT-20] blocks change their size between two quanta, with no frame lost, doubled or late', () => {
  const { builder, blocks } = collected();
  for (let at = 0; at < 16; at += 1) {
    if (at === 5) builder.resize(QUANTUM_FRAMES);
    if (at === 10) builder.resize(BLOCK_FRAMES);
    quantum(builder, at * QUANTUM_FRAMES, 1000 + at * QUANTUM_MS);
  }
  expect(spans(blocks).map((span) => span.map((frames) => frames / QUANTUM_FRAMES))).toEqual([
    [0, 4],
    [4, 1],
    [5, 1],
    [6, 1],
    [7, 1],
    [8, 1],
    [9, 1],
    [10, 2],
    [12, 4],
  ]);
  for (const { startFrame, frames, samples } of blocks)
    expect(samples).toEqual(Float32Array.from({ length: frames }, (_, at) => startFrame + at));
});

test('[CUT-20] blocks that are flushed end there and nowhere else, until they are full; afterwards they end where they ended', () => {
  const { builder, blocks } = collected();
  for (let at = 0; at < 20; at += 1) {
    if (at === 3) builder.resize(6 * QUANTUM_FRAMES, false);
    if (at === 14) builder.resize(BLOCK_FRAMES);
    quantum(builder, at * QUANTUM_FRAMES, 1000 + at * QUANTUM_MS);
    if (at === 4) builder.flush();
  }
  expect(spans(blocks).map((span) => span.map((frames) => frames / QUANTUM_FRAMES))).toEqual([
    [0, 3],
    [3, 2],
    [5, 6],
    [11, 3],
    [14, 2],
    [16, 4],
  ]);
  for (const { startFrame, frames, samples } of blocks)
    expect(samples).toEqual(Float32Array.from({ length: frames }, (_, at) => startFrame + at));
});

test('[BLOCK-2] a wall clock that ran on while the frames stood still ends the block before the break', () => {
  const { builder, blocks } = collected();
  quantum(builder, 0, 1000);
  quantum(builder, 128, 1000 + QUANTUM_MS + EPOCH_BREAK_MS - 1);
  expect(blocks).toEqual([]);
  quantum(builder, 256, 1000 + 2 * QUANTUM_MS + 2 * EPOCH_BREAK_MS + 1);
  expect(spans(blocks)).toEqual([[0, 256]]);
  builder.flush();
  expect(blocks[1]).toMatchObject({ startFrame: 256, wallMs: 1000 + 2 * QUANTUM_MS + 2 * EPOCH_BREAK_MS + 1 });
});

test('[BLOCK-2] frames that jump end the block before the jump, in either direction', () => {
  const { builder, blocks } = collected();
  quantum(builder, 0, 1000);
  quantum(builder, 256, 1003);
  quantum(builder, 0, 1005);
  builder.flush();
  expect(spans(blocks)).toEqual([
    [0, 128],
    [256, 128],
    [0, 128],
  ]);
});

test('[BLOCK-3] a block of digital silence has no samples, also after one that had', () => {
  const { builder, blocks } = collected();
  for (let at = 0; at < 8; at += 1) {
    builder.begin(at * QUANTUM_FRAMES, 0);
    const samples = new Float32Array(QUANTUM_FRAMES);
    if (at === 2) samples[127] = 0.5;
    builder.append(at % 2 ? null : samples, QUANTUM_FRAMES);
  }
  expect(blocks.map((block) => block.samples?.length)).toEqual([BLOCK_FRAMES, undefined]);
  expect(blocks[0]?.samples?.findIndex((sample) => sample !== 0)).toBe(3 * QUANTUM_FRAMES - 1);
});

test('[BLOCK-3] the buffer of a block belongs to who receives it: it can be transferred at once', () => {
  const blocks: Float32Array[] = [];
  const builder = new BlockBuilder(RATE, (_start, _wall, _frames, samples) => {
    if (samples) blocks.push(structuredClone(samples, { transfer: [samples.buffer] }));
  });
  for (let at = 0; at < 6; at += 1) quantum(builder, at * QUANTUM_FRAMES, 0);
  builder.flush();
  expect(blocks.map((samples) => [samples[1], samples.length, samples.buffer.byteLength])).toEqual([
    [1, BLOCK_FRAMES, BLOCK_FRAMES * 4],
    [BLOCK_FRAMES + 1, 2 * QUANTUM_FRAMES, 2 * QUANTUM_FRAMES * 4],
  ]);
});

test('[BLOCK-4] every frame is in exactly one block, in order, whatever the clock does and whenever it is flushed', () => {
  const anyQuantum = fc.record({
    skip: fc.constantFrom(0, 0, 0, 0, 1, 5),
    pauseMs: fc.constantFrom(0, 0, 0, 50, 500),
    flush: fc.constantFrom(false, false, false, true),
  });
  fc.assert(
    fc.property(fc.nat(9), fc.array(anyQuantum, { maxLength: 40 }), (first, quanta) => {
      const { builder, blocks } = collected();
      const given: number[] = [];
      let frame = first * QUANTUM_FRAMES;
      let wallMs = 1000;
      for (const { skip, pauseMs, flush } of quanta) {
        frame += skip * QUANTUM_FRAMES;
        wallMs += pauseMs + QUANTUM_MS;
        quantum(builder, frame, wallMs);
        for (let at = 0; at < QUANTUM_FRAMES; at += 1) given.push(frame + at);
        frame += QUANTUM_FRAMES;
        expect(builder.endFrame).toBe(frame);
        if (flush) builder.flush();
      }
      builder.flush();
      const taken = blocks.flatMap(({ samples, frames }) => [...(samples ?? new Float32Array(frames))]);
      expect(taken).toEqual(given);
      for (const { startFrame, frames, samples } of blocks) {
        expect(frames).toBeLessThanOrEqual(BLOCK_FRAMES);
        expect(Math.floor(startFrame / BLOCK_FRAMES)).toBe(Math.floor((startFrame + frames - 1) / BLOCK_FRAMES));
        if (samples) expect([samples[0], samples.length]).toEqual([startFrame, frames]);
      }
    }),
    { numRuns: 200 },
  );
});
