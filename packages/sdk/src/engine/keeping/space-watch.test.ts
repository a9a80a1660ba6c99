import { expect, test } from 'vitest';
import type { LowSpaceEvent } from '../../core/events.ts';
import { SpaceWatch } from './space-watch.ts';

const MIB = 2 ** 20;

function watched(whenFull: 'stop' | 'drop-acknowledged' = 'drop-acknowledged') {
  const low: LowSpaceEvent[] = [];
  const errors: string[] = [];
  const state = { freeBytes: 1000 * MIB, openBytes: 0, nowMs: 0, looks: 0, roomAsked: 0 };
  const watch = new SpaceWatch({
    estimate: async () => {
      state.looks += 1;
      if (state.freeBytes < 0) throw new DOMException('', 'UnknownError');
      return { usage: 500 * MIB, quota: 500 * MIB + state.freeBytes };
    },
    openBytes: () => state.openBytes,
    onLow: (event) => low.push(event),
    onError: ({ code }) => errors.push(code),
    makeRoom: async () => void (state.roomAsked += 1),
    now: () => state.nowMs,
  });
  const settings = { whenFull, lowSpaceBytes: 64 * MIB };
  const lookWith = async (freeMiB: number): Promise<void> => {
    state.freeBytes = freeMiB * MIB;
    await watch.look();
  };
  return { watch, settings, state, low, errors, lookWith };
}

test('[QUOTA-5] the browser is asked when a session begins, every 4 MiB, and with the first chunk after a minute', async () => {
  const { watch, settings, state } = watched();
  await watch.begin(settings);
  expect(state.looks).toBe(1);
  for (let each = 0; each < 39; each += 1) watch.wrote(MIB / 10);
  expect(state.looks).toBe(1);
  watch.wrote(MIB);
  await watch.look();
  expect(state.looks).toBe(2);
  state.nowMs = 61_000;
  watch.wrote(1);
  expect(state.looks).toBe(3);
});

test('[QUOTA-5] where little room is left, it is asked after a quarter of that', async () => {
  const { watch, settings, state } = watched();
  state.freeBytes = 2 * MIB;
  await watch.begin(settings);
  watch.wrote(0.4 * MIB);
  expect(state.looks).toBe(1);
  watch.wrote(0.2 * MIB);
  expect(state.looks).toBe(2);
});

test('[QUOTA-6] low space is told once, again when it has halved, and anew after there was room; with the minutes that are left', async () => {
  const { watch, settings, state, low, lookWith } = watched();
  await watch.begin(settings);
  state.nowMs = 120_000;
  watch.wrote(2 * MIB);
  for (const freeMiB of [65, 60, 50, 31, 30, 29, 16, 14, 100, 60]) await lookWith(freeMiB);
  expect(low.map(({ freeBytes }) => freeBytes / MIB)).toEqual([60, 30, 14, 60]);
  expect(low[0]).toEqual({
    usageBytes: 500 * MIB,
    quotaBytes: 560 * MIB,
    freeBytes: 60 * MIB,
    bytesPerMinute: MIB,
    minutesLeft: 60,
  });
  expect(watch.stats).toMatchObject({ freeBytes: 60 * MIB, minutesLeft: 60 });
});

test('[QUOTA-6] a write that was refused is low space, whatever the estimate says: once, until something is written again', async () => {
  const { watch, settings, low } = watched();
  await watch.begin(settings);
  watch.refused();
  watch.refused();
  watch.wrote(100);
  watch.refused();
  expect(low.map(({ freeBytes, minutesLeft }) => [freeBytes, minutesLeft])).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

test('[QUOTA-7] room is made, or under `stop` the session ended, while what is open can still be finished', async () => {
  const drops = watched();
  await drops.watch.begin(drops.settings);
  drops.state.openBytes = 10 * MIB;
  await drops.lookWith(12);
  expect(drops.state.roomAsked).toBe(0);
  await drops.lookWith(10);
  expect(drops).toMatchObject({ errors: [], state: { roomAsked: 1 } });

  const stops = watched('stop');
  await stops.watch.begin(stops.settings);
  await stops.lookWith(0.5);
  await stops.lookWith(0.4);
  expect(stops).toMatchObject({ errors: ['storage_full'], state: { roomAsked: 0 } });
});

test('[QUOTA-8] a browser that does not say how much room there is stops nothing, and one that fails is told', async () => {
  const { watch, settings, errors, low, lookWith } = watched();
  await watch.begin(settings);
  await lookWith(-1);
  expect({ errors, low }).toEqual({ errors: ['storage_failed'], low: [] });
  const silent = new SpaceWatch({
    estimate: async () => undefined,
    openBytes: () => 0,
    onLow: () => expect.unreachable(),
    onError: () => expect.unreachable(),
    makeRoom: () => expect.unreachable(),
  });
  await silent.begin(settings);
  expect(silent.stats).toMatchObject({ usageBytes: null, freeBytes: null, minutesLeft: null });
});
