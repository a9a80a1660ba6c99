import { expect, test } from 'vitest';
import type { BotMessage } from '../core/messages/page-engine.ts';
import { inOnePiece } from './unsaid.ts';

const pcm = (samples: Int16Array | Float32Array, sampleRate = 48_000): BotMessage => ({
  type: 'user-pcm',
  samples,
  sampleRate,
});

test('[USER-6] what was written of the user while an engine was replaced is one piece; another rate or kind is another', () => {
  const bind: BotMessage = { type: 'bind', turnId: 't', externalId: 'e' };
  expect(
    inOnePiece([
      pcm(Int16Array.of(1, 2)),
      pcm(Int16Array.of(3)),
      pcm(Int16Array.of(4), 16_000),
      pcm(Float32Array.of(0.5), 16_000),
      bind,
      pcm(Float32Array.of(0.25), 16_000),
    ]),
  ).toEqual([
    pcm(Int16Array.of(1, 2, 3)),
    pcm(Int16Array.of(4), 16_000),
    pcm(Float32Array.of(0.5), 16_000),
    bind,
    pcm(Float32Array.of(0.25), 16_000),
  ]);
});
