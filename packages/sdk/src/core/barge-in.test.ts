import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BargeIn, type BargeInCommand, type BargeInSettings } from './barge-in.ts';

type Step = readonly [
  'userStarted' | 'userConfirmed' | 'userStopped' | 'botStarted' | 'botStopped' | 'advanced',
  number,
];

const SETTINGS: BargeInSettings = { mode: 'duck-then-cut', duckGain: 0.25, minBotMs: 0, cooldownMs: 0 };

/** One frame is one millisecond here. Gives what was commanded at which frame. */
function commandsOf(settings: Partial<BargeInSettings>, steps: readonly Step[]): string[] {
  const policy = new BargeIn({ ...SETTINGS, ...settings }, 1000);
  return steps.flatMap(([step, at]) => {
    const command = policy[step](at);
    return command ? [`${command} ${at}`] : [];
  });
}

describe('duck, then cut', () => {
  const heard: readonly Step[] = [
    ['botStarted', 0],
    ['userStarted', 500],
  ];

  test('[BARGE-1] the bot is ducked when the user is heard and cut when it is speech', () => {
    expect(commandsOf({}, [...heard, ['userConfirmed', 750], ['botStopped', 760], ['userStopped', 3000]])).toEqual([
      'duck 500',
      'cut 750',
    ]);
  });

  test('[BARGE-1] a misfire restores the bot, and nothing is cut', () => {
    expect(commandsOf({}, [...heard, ['userStopped', 600], ['botStopped', 9000]])).toEqual(['duck 500', 'restore 600']);
  });

  test('[BARGE-1] a bot that drains while it is ducked is restored, for what it says next', () => {
    expect(commandsOf({}, [...heard, ['botStopped', 600], ['userConfirmed', 750]])).toEqual([
      'duck 500',
      'restore 600',
    ]);
  });

  test('[BARGE-1] a second start or confirmation, by whatever detector, changes nothing', () => {
    const steps: Step[] = [
      ['userStarted', 510],
      ['userConfirmed', 700],
      ['userStarted', 710],
      ['userConfirmed', 750],
    ];
    expect(commandsOf({}, [...heard, ...steps])).toEqual(['duck 500', 'cut 700']);
  });
});

test('[BARGE-1] what the bot begins after a cut is a new playback, also when nobody said that the old one stopped', () => {
  const steps: Step[] = [
    ['botStarted', 0],
    ['userStarted', 100],
    ['userConfirmed', 350],
    ['userStopped', 900],
    ['botStarted', 1000],
    ['userStarted', 1500],
    ['userConfirmed', 1750],
  ];
  expect(commandsOf({}, steps)).toEqual(['duck 100', 'cut 350', 'duck 1500', 'cut 1750']);
});

describe('cut at onset, and never', () => {
  test('[BARGE-2] in mode cut the bot is silenced as soon as the user is heard', () => {
    const steps: Step[] = [
      ['botStarted', 0],
      ['userStarted', 500],
      ['userConfirmed', 750],
      ['userStopped', 900],
    ];
    expect(commandsOf({ mode: 'cut' }, steps)).toEqual(['cut 500']);
    expect(commandsOf({ mode: 'off' }, steps)).toEqual([]);
  });
});

describe('who holds the floor', () => {
  test('[BARGE-3] a user who was speaking before the bot began holds the floor and interrupts nobody', () => {
    for (const mode of ['cut', 'duck-then-cut'] as const) {
      const steps: Step[] = [
        ['userStarted', 0],
        ['userConfirmed', 250],
        ['botStarted', 1000],
        ['advanced', 2000],
      ];
      expect(commandsOf({ mode }, steps)).toEqual([]);
      const next: Step[] = [
        ['userStopped', 2500],
        ['userStarted', 3000],
        ['userConfirmed', 3250],
      ];
      expect(commandsOf({ mode }, [...steps, ...next]).at(-1)).toBe(mode === 'cut' ? 'cut 3000' : 'cut 3250');
    }
  });

  test('[BARGE-4] a bot that begins while the user is heard but not confirmed is cut at the confirmation', () => {
    const steps: Step[] = [
      ['userStarted', 0],
      ['botStarted', 100],
      ['userConfirmed', 250],
    ];
    expect(commandsOf({}, steps)).toEqual(['duck 100', 'cut 250']);
    expect(commandsOf({ mode: 'cut' }, steps)).toEqual(['cut 250']);
    const click: Step[] = [...steps.slice(0, 2), ['userStopped', 200]];
    expect(commandsOf({}, click)).toEqual(['duck 100', 'restore 200']);
    expect(commandsOf({ mode: 'cut' }, click)).toEqual([]);
  });
});

describe('when a cut has to wait', () => {
  test('[BARGE-5] a bot that has not played for minBotMs is cut when it has, if the user still speaks', () => {
    const steps: Step[] = [
      ['botStarted', 0],
      ['userStarted', 100],
      ['userConfirmed', 350],
      ['advanced', 499],
    ];
    expect(commandsOf({ minBotMs: 500 }, [...steps, ['advanced', 500], ['advanced', 510]])).toEqual([
      'duck 100',
      'cut 500',
    ]);
    expect(commandsOf({ minBotMs: 500 }, [...steps, ['userStopped', 499], ['advanced', 600]])).toEqual([
      'duck 100',
      'restore 499',
    ]);
  });

  test('[BARGE-5] after a cut the next one waits for cooldownMs', () => {
    const steps: Step[] = [
      ['botStarted', 0],
      ['userStarted', 100],
      ['botStopped', 110],
      ['userStopped', 200],
      ['botStarted', 300],
      ['userStarted', 400],
      ['advanced', 1099],
      ['advanced', 1100],
    ];
    expect(commandsOf({ mode: 'cut', cooldownMs: 1000 }, steps)).toEqual(['cut 100', 'cut 1100']);
  });
});

const anySteps = fc.array(
  fc.record({
    step: fc.constantFrom(
      ...(['userStarted', 'userConfirmed', 'userStopped', 'botStarted', 'botStopped', 'advanced'] as const),
    ),
    later: fc.nat(400),
  }),
  { maxLength: 60 },
);
const anySettings = fc.record({
  mode: fc.constantFrom('cut' as const, 'duck-then-cut' as const, 'off' as const),
  minBotMs: fc.constantFrom(0, 300),
  cooldownMs: fc.constantFrom(0, 500),
});

test('[BARGE-6] after a duck there is exactly one cut or restore; only a bot that plays is cut, once', () => {
  fc.assert(
    fc.property(anySettings, anySteps, (settings, steps) => {
      const policy = new BargeIn({ ...SETTINGS, ...settings }, 1000);
      let at = 0;
      let ducked = false;
      let playing = false;
      let lastCut = -Infinity;
      const obey = (command: BargeInCommand | undefined): void => {
        if (command === undefined) return;
        expect(settings.mode).not.toBe('off');
        if (command === 'duck') expect([settings.mode, playing, ducked]).toEqual(['duck-then-cut', true, false]);
        if (command === 'restore') expect(ducked).toBe(true);
        if (command === 'cut') {
          expect(playing).toBe(true);
          expect(at - lastCut).toBeGreaterThanOrEqual(settings.cooldownMs);
          lastCut = at;
          playing = false;
        }
        ducked = command === 'duck';
      };
      for (const { step, later } of [...steps, { step: 'userStopped', later: 1 } as const]) {
        at += later;
        if (step === 'botStarted') playing = true;
        const command = policy[step](at);
        obey(command);
        if (step === 'botStopped') playing = false;
      }
      expect(ducked).toBe(false);
    }),
    { numRuns: 2000 },
  );
});
