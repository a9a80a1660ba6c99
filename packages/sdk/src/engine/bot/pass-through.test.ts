import { expect, test } from 'vitest';
import { PassThrough } from './pass-through.ts';

/** 20 ms of silence, CELT, mono. */
const PACKET = Uint8Array.of(0xf8, 0xff, 0xfe);
const RATE = 48_000;

/** Ten packets that sounded from frame 1,000 on. */
function played({ startedAt = 1_000, drainedAt = 10_600, isDisturbed = false, preSkip = 0 } = {}): PassThrough {
  const given = new PassThrough();
  for (let packet = 0; packet < 10; packet += 1) given.packet('u', PACKET, preSkip);
  given.started('u', startedAt);
  given.drained('u', drainedAt);
  if (isDisturbed) given.disturbed('u');
  return given;
}

const turn = { utteranceIds: ['u'] };
const range = { segmentId: 's', onset: 1_000, part: 1, isLast: true, from: 1_000, to: 10_600 };

test('[DECODE-8] the packets are the file of the turn that they are, of its own frames, and are given once', () => {
  const given = played();
  expect(given.file(turn, range, RATE)).toMatchObject({ samples: 9_600, numChannels: 1, preSkip: 0 });
  expect(given.file(turn, range, RATE)).toBeUndefined();
  // At the clock's own rate; two frames are rounding.
  expect(played({ drainedAt: 9_820 }).file(turn, { ...range, to: 9_820 }, 44_100)).toBeDefined();
  // What is skipped at the start was not put out.
  const skipped = played({ preSkip: 312, drainedAt: 10_288 }).file(turn, { ...range, to: 10_288 }, RATE);
  expect(skipped).toMatchObject({ samples: 9_288, preSkip: 312 });
  expect(played({ preSkip: 312 }).file(turn, range, RATE)).toBeUndefined();
  expect(played({ drainedAt: 10_603 }).file(turn, { ...range, to: 10_603 }, RATE)).toBeUndefined();
});

test('[DECODE-9] of another place, another turn, a part, or what was disturbed the packets are no file', () => {
  expect(played({ startedAt: 999 }).file(turn, range, RATE)).toBeUndefined();
  expect(played({ drainedAt: 10_599 }).file(turn, range, RATE)).toBeUndefined();
  expect(played({ isDisturbed: true }).file(turn, range, RATE)).toBeUndefined();
  expect(played().file({ utteranceIds: ['other'] }, range, RATE)).toBeUndefined();
  expect(played().file({ utteranceIds: ['u', 'other'] }, range, RATE)).toBeUndefined();
  expect(played().file(turn, { ...range, part: 2 }, RATE)).toBeUndefined();
  expect(played().file(turn, { ...range, isLast: false }, RATE)).toBeUndefined();
});
