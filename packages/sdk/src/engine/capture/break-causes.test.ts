import { expect, test } from 'vitest';
import { BreakCauses } from './break-causes.ts';

function clock() {
  let now = 0;
  let setBy = 1_700_000_000_000;
  const causes = new BreakCauses({ monotonicMs: () => now, wallMs: () => now + setBy });
  causes.arrived();
  const blocks = (count: number): void => {
    for (let each = 0; each < count; each += 1) {
      now += 10;
      causes.arrived();
    }
  };
  return {
    causes,
    pass: (milliseconds: number) => (now += milliseconds),
    set: (byMs: number) => (setBy += byMs),
    blocks,
  };
}

const found = { lengthMs: 5000, cause: 'context_suspended' } as const;

test('[LOSS-5] a break has the cause that the page named', () => {
  const { causes, pass } = clock();
  causes.contextSaid('interrupted');
  pass(5000);
  causes.contextSaid('running');
  pass(10);
  expect(causes.arrived(found)).toBe('context_interrupted');
  causes.contextSaid('suspended');
  pass(5000);
  expect(causes.arrived(found)).toBe('context_suspended');
});

test('[LOSS-5] what was said of one break does not explain a later one', () => {
  const { causes, pass, set, blocks } = clock();
  causes.contextSaid('interrupted');
  causes.contextSaid('running');
  blocks(300);
  set(5000);
  pass(10);
  expect(causes.arrived(found)).toBe('clock_jump');
});

test('[LOSS-6] the wall clock leapt when it parted from the monotonic one, also when blocks of before it arrive first', () => {
  const { causes, pass, set, blocks } = clock();
  set(5000);
  pass(10);
  expect(causes.arrived(found)).toBe('clock_jump');
  set(5000);
  blocks(20);
  expect(causes.arrived(found)).toBe('clock_jump');
});

test('[LOSS-6] the context stood still when both clocks went on, however late its blocks were read', () => {
  const { causes, pass } = clock();
  pass(5000);
  expect(causes.arrived(found)).toBe('context_suspended');
  // The engine stood still as well: what was posted before the standstill is read right before what came after it.
  pass(5000);
  causes.arrived();
  expect(causes.arrived(found)).toBe('context_suspended');
});

test('[LOSS-6] a leap explains no longer break than itself, and no later one', () => {
  const { causes, pass, set, blocks } = clock();
  set(1000);
  expect(causes.arrived(found)).toBe('context_suspended');
  set(5000);
  expect(causes.arrived(found)).toBe('clock_jump');
  pass(300);
  expect(causes.arrived({ lengthMs: 300, cause: 'context_suspended' })).toBe('context_suspended');
  set(5000);
  blocks(200);
  expect(causes.arrived(found)).toBe('context_suspended');
});

test('[LOSS-5] a rebuilt context keeps its own word', () => {
  const { causes, pass } = clock();
  causes.contextSaid('suspended');
  pass(10);
  expect(causes.arrived({ lengthMs: 1800, cause: 'context_rebuilt' })).toBe('context_rebuilt');
});
