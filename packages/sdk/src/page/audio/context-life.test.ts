import { expect, test } from 'vitest';
import { ContextLife } from './context-life.ts';

/** Looks every 250 ms; `moves`: the clock runs. */
function life(ours = true) {
  const machine = new ContextLife(ours);
  let nowMs = 0;
  let time = 0;
  return (state: string, moves: boolean, looks = 1): string[] => {
    const steps: string[] = [];
    for (let each = 0; each < looks; each += 1) {
      nowMs += 250;
      if (moves) time += 0.25;
      for (const step of machine.look(state, time, nowMs))
        steps.push(step.type === 'tell' ? `tell ${step.state}` : step.type);
    }
    return steps;
  };
}

test('[CONTEXT-1] a context that runs is no news', () => {
  expect(life()('running', true, 20)).toEqual([]);
});

test('[CONTEXT-1] suspended and running are told once each, and nothing is resumed that the app suspended', () => {
  const look = life();
  expect(look('suspended', false, 20)).toEqual(['tell suspended']);
  expect(look('running', true, 5)).toEqual(['tell running']);
});

test('[CONTEXT-2] an interruption is told and waited for; what the system lets go of is resumed, from suspended only', () => {
  const look = life();
  expect(look('interrupted', false, 20)).toEqual(['tell interrupted']);
  expect(look('suspended', false, 3)).toEqual(['resume', 'tell suspended']);
  expect(look('running', true)).toEqual(['tell running']);
});

test('[CONTEXT-3] a clock that stands still while running is dead within two seconds, and the context is rebuilt', () => {
  const look = life();
  look('running', true, 4);
  expect(look('running', false, 5)).toEqual([]);
  expect(look('running', false, 3)).toEqual(['tell dead', 'rebuild']);
});

test('[CONTEXT-3] a rebuild that does not come about is tried again, two seconds later', () => {
  const look = life();
  look('running', false, 8);
  expect(look('running', false, 7)).toEqual(['rebuild']);
});

test('[CONTEXT-3] one late look, as of a blocked page, decides nothing', () => {
  const machine = new ContextLife(true);
  machine.look('running', 1, 0);
  expect(machine.look('running', 1, 10_000)).toEqual([]);
});

test('[FOX-1] a clock that stops later than a device does it is dead, however new the device', () => {
  const machine = new ContextLife(true);
  machine.deviceOpened(0);
  const steps = Array.from({ length: 14 }, (_, look) => machine.look('running', Math.min(look, 5), look * 250));
  expect(steps.slice(0, 11).flat()).toEqual([]);
  expect(steps.flat()).toEqual([{ type: 'tell', state: 'dead' }, { type: 'rebuild' }]);
});

test('[FOX-1] a clock that stands still while a device starts is no dead one; one that stands still longer is', () => {
  const machine = new ContextLife(true);
  machine.deviceOpened(0);
  const steps = Array.from({ length: 24 }, (_, look) => machine.look('running', 1, look * 250));
  expect(steps.slice(0, 16).flat()).toEqual([]);
  expect(steps.flat()).toEqual([{ type: 'tell', state: 'dead' }, { type: 'rebuild' }]);
});

test('[CONTEXT-4] a context of the app is watched, and neither resumed nor replaced', () => {
  const look = life(false);
  expect(look('interrupted', false)).toEqual(['tell interrupted']);
  expect(look('suspended', false)).toEqual(['tell suspended']);
  expect(look('running', false, 10)).toEqual(['tell running', 'tell dead']);
});
