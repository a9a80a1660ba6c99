import { expect, test } from 'vitest';
import { BreakCauses } from './break-causes.ts';

function clock() {
  let now = 0;
  const causes = new BreakCauses(() => now);
  causes.arrived();
  return { causes, pass: (milliseconds: number) => (now += milliseconds) };
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
  const { causes, pass } = clock();
  causes.contextSaid('interrupted');
  causes.contextSaid('running');
  for (let each = 0; each < 300; each += 1) {
    pass(10);
    causes.arrived();
  }
  pass(10);
  expect(causes.arrived(found)).toBe('clock_jump');
});

test('[LOSS-6] the wall clock leapt when the blocks kept coming; they stood still when not', () => {
  const { causes, pass } = clock();
  pass(10);
  expect(causes.arrived(found)).toBe('clock_jump');
  pass(5000);
  expect(causes.arrived(found)).toBe('context_suspended');
});

test('[LOSS-5] a rebuilt context keeps its own word', () => {
  const { causes, pass } = clock();
  causes.contextSaid('suspended');
  pass(10);
  expect(causes.arrived({ lengthMs: 1800, cause: 'context_rebuilt' })).toBe('context_rebuilt');
});
