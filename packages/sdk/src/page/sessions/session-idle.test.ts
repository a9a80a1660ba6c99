import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Emitter } from '../../core/emitter.ts';
import type { SessionEvents } from '../../core/events.ts';
import type { Speaker, Turn } from '../../core/turn.ts';
import { Scope } from '../scope.ts';
import { watchIdle } from './session-idle.ts';

const IDLE_MS = 60_000;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function watched(idleMs = IDLE_MS) {
  const events = new Emitter<SessionEvents>((thrown) => {
    throw thrown;
  });
  const open = new Set<Speaker>();
  const scope = new Scope((thrown) => {
    throw thrown;
  });
  const onIdle = vi.fn();
  const session = {
    on: events.on.bind(events) as never,
    activeTurn: (speaker: Speaker) => (open.has(speaker) ? {} : undefined),
  };
  watchIdle(session, idleMs, scope, onIdle);
  const turn = (type: 'turn-start' | 'turn-end', speaker: Speaker): void => {
    if (type === 'turn-start') open.add(speaker);
    else open.delete(speaker);
    events.emit(type, { turn: { speaker } as Turn });
  };
  return { scope, onIdle, turn };
}

test('[IDLE-1] a session in which nobody has spoken for so long is idle, counted from the end of the last turn', () => {
  const { onIdle, turn } = watched();
  vi.advanceTimersByTime(IDLE_MS - 1);
  turn('turn-start', 'user');
  vi.advanceTimersByTime(10 * IDLE_MS);
  turn('turn-start', 'bot');
  turn('turn-end', 'user');
  vi.advanceTimersByTime(10 * IDLE_MS);
  expect(onIdle).not.toHaveBeenCalled();
  turn('turn-end', 'bot');
  vi.advanceTimersByTime(IDLE_MS - 1);
  expect(onIdle).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(onIdle).toHaveBeenCalledOnce();
});

test('[IDLE-1] one where nobody ever speaks is idle from its start; one that is over is not; 0 is never', async () => {
  const silent = watched();
  const over = watched();
  const never = watched(0);
  await over.scope.dispose();
  vi.advanceTimersByTime(100 * IDLE_MS);
  expect(silent.onIdle).toHaveBeenCalledOnce();
  expect(over.onIdle).not.toHaveBeenCalled();
  expect(never.onIdle).not.toHaveBeenCalled();
});
