import { expect, test } from 'vitest';
import { LossLedger } from './loss-ledger.ts';
import { UtteranceLedger } from '../bot/utterance-ledger.ts';

test('[HEAR-2] heard is rendered less what was still on its way when it was cut; a drained one was heard whole', () => {
  const ledger = new UtteranceLedger();
  ledger.begin('a');
  ledger.begin('b');
  ledger.generated('a', 2000);
  ledger.generated('b', 3000);
  expect(ledger.settle('a', { renderedMs: 2000, deafenedMs: 0 }, undefined)).toEqual({
    renderedMs: 2000,
    heardMs: 2000,
    generatedMs: 2000,
    interrupted: false,
  });
  expect(ledger.settle('b', { renderedMs: 500, deafenedMs: 0 }, 30)).toEqual({
    renderedMs: 500,
    heardMs: 470,
    generatedMs: 3000,
    interrupted: true,
  });
  expect(ledger.sum(['a', 'b'])).toEqual({ renderedMs: 2500, deafenedMs: 0, generatedMs: 5000 });
  expect(ledger.each(['b', 'never'])).toEqual([
    { utteranceId: 'b', renderedMs: 500, heardMs: 470, generatedMs: 3000, interrupted: true },
    { utteranceId: 'never', renderedMs: 0, heardMs: 0, generatedMs: 0, interrupted: false },
  ]);
});

test('heard is never negative', () => {
  const ledger = new UtteranceLedger();
  ledger.begin('a');
  expect(ledger.settle('a', { renderedMs: 10, deafenedMs: 0 }, 30).heardMs).toBe(0);
});

test('[KEEP-4] a file names the losses in its own range, from its own start, and those of its own track', () => {
  const losses = new LossLedger();
  losses.add({ from: 1000, to: 2000, cause: 'context_suspended', speaker: undefined });
  losses.add({ from: 2500, to: 2600, cause: 'blocks_lost', speaker: 'bot' });
  losses.add({ from: 9000, to: 9100, cause: 'blocks_lost', speaker: 'user' });
  // What took no frame is in the session's ledger alone.
  losses.add({ from: 1800, to: 1800, cause: 'clock_jump', speaker: undefined });
  expect(losses.gaps('user', 1500, 8000, 1000)).toEqual([{ startMs: 0, endMs: 500, cause: 'context_suspended' }]);
  expect(losses.gaps('bot', 0, 8000, 1000)).toEqual([
    { startMs: 1000, endMs: 2000, cause: 'context_suspended' },
    { startMs: 2500, endMs: 2600, cause: 'blocks_lost' },
  ]);
  expect(losses.uncovered('user', 1200, 1800)).toEqual([]);
  expect(losses.uncovered('user', 2500, 2600)).toEqual([{ from: 2500, to: 2600, beside: undefined }]);
  expect(losses.uncovered('user', 900, 2100)).toEqual([
    { from: 900, to: 1000, beside: 'context_suspended' },
    { from: 2000, to: 2100, beside: 'context_suspended' },
  ]);
});
