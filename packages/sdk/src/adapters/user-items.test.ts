import { expect, test } from 'vitest';
import type { Turn } from '../core/turn.ts';
import { UserItems } from './user-items.ts';

const turn = (turnId: string, startedAt: number, lengthMs?: number): Turn => ({
  turnId,
  speaker: 'user',
  epoch: 0,
  startFrame: 0,
  startMs: 100,
  endFrame: undefined,
  endMs: lengthMs === undefined ? undefined : 100 + lengthMs,
  startedAt,
  endReason: undefined,
  interrupted: false,
  interruptionCause: undefined,
  overlapsTurnId: undefined,
  utteranceIds: [],
});

test('[ADAPT-6] an item of the user is the turn that shares the most time with it, however late the stack hears', () => {
  const items = new UserItems();
  items.turn(turn('t1', 10_000));
  items.began('i1', 10_350);
  expect(items.now).toEqual({ turnId: 't1', itemId: 'i1' });
  expect(items.turnOf('i1', 10_600)).toEqual({ turnId: 't1', startedAt: 10_000 });
  items.turn(turn('t1', 10_000, 2000));
  expect(items.now).toBeUndefined();
  items.ended('i1', 12_700);
  items.turn(turn('t2', 12_650));
  // A word that begins while the stack still waits for the end of the one before.
  expect(items.turnOf('i1', 13_000)?.turnId).toBe('t1');
  items.began('i2', 13_000);
  items.ended('i2', 14_000);
  items.turn(turn('t2', 12_650, 1000));
  // Its words come long after, and late turns change nothing.
  items.turn(turn('t3', 20_000, 5000));
  expect(items.turnOf('i2', 30_000)?.turnId).toBe('t2');
  expect(items.turnOf('i1', 30_000)?.turnId).toBe('t1');
});

test('[ADAPT-6] two items of one breath are one turn; an item that was only committed is what was said since the last', () => {
  const items = new UserItems();
  items.turn(turn('t1', 1000, 4000));
  items.began('i1', 1300);
  items.ended('i1', 2600);
  items.began('i2', 3400);
  items.ended('i2', 5600);
  expect([items.turnOf('i1', 6000)?.turnId, items.turnOf('i2', 6000)?.turnId]).toEqual(['t1', 't1']);
  items.turn(turn('t2', 7000, 1000));
  items.ended('i3', 8100);
  expect(items.turnOf('i3', 8200)?.turnId).toBe('t2');
});

test('[ADAPT-6] where we heard nobody an item has no turn; what is long gone is forgotten', () => {
  const items = new UserItems();
  items.began('i1', 1000);
  items.ended('i1', 2000);
  expect(items.turnOf('i1', 2100)).toBeUndefined();
  items.turn(turn('t0', 1000, 900));
  expect(items.turnOf('i1', 2100)?.turnId).toBe('t0');
  // Near is enough, far is not.
  items.began('i2', 3900);
  items.ended('i2', 4000);
  expect(items.turnOf('i2', 4100)).toBeUndefined();
  items.turn(turn('short', 4200, 20));
  expect(items.turnOf('i2', 4300)?.turnId).toBe('short');
  for (let n = 1; n <= 64; n += 1) items.turn(turn(`t${n}`, 10_000 * n, 1000));
  expect(items.turnOf('i1', 2100)).toBeUndefined();
});
