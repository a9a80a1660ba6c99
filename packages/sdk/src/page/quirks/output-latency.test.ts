import { afterEach, expect, test, vi } from 'vitest';
import { OutputLatency, howToAsk } from './output-latency.ts';

afterEach(() => vi.unstubAllGlobals());

/** A context that counts how often it is asked. */
function context(latencies: (number | undefined)[]) {
  const asked: number[] = [];
  const fake = {
    state: 'running',
    get outputLatency() {
      asked.push(asked.length);
      return latencies[Math.min(asked.length, latencies.length) - 1];
    },
  };
  return { context: fake as unknown as AudioContext, asked };
}

test('[FOX-5] Firefox is not asked for its output latency while a device moves, and no more when it has said it', () => {
  const latency = new OutputLatency('carefully');
  const { context: firefox, asked } = context([0, 0.02, 0.05]);
  for (let nowMs = 0; nowMs < 4000; nowMs += 250) expect(latency.read(firefox, nowMs)).toBeNull();
  expect(asked).toHaveLength(0);
  // It does not know yet: once more, two seconds later.
  for (let nowMs = 4000; nowMs < 6000; nowMs += 250) expect(latency.read(firefox, nowMs)).toBeNull();
  expect(asked).toHaveLength(1);
  for (let nowMs = 6000; nowMs < 60_000; nowMs += 250) expect(latency.read(firefox, nowMs)).toBe(20);
  expect(asked).toHaveLength(2);
  latency.deviceMoves(firefox, 60_000);
  expect(latency.read(firefox, 63_999)).toBe(20);
  expect(asked).toHaveLength(2);
  expect(latency.read(firefox, 64_000)).toBe(50);
});

test('[FOX-5] other browsers are asked each time, and one that does not say is null', () => {
  const latency = new OutputLatency('freely');
  const { context: chromium } = context([0.01, 0.03]);
  expect([latency.read(chromium, 0), latency.read(chromium, 1)]).toEqual([10, 30]);
  expect(latency.read(context([undefined]).context, 0)).toBeNull();
});

test('[FOX-7] Firefox with PulseAudio is never asked for its output latency: it stands still for ever when it renders just then', () => {
  const { context: firefox, asked } = context([0.02]);
  const latency = new OutputLatency('never');
  latency.deviceMoves(firefox, 0);
  for (let nowMs = 0; nowMs < 60_000; nowMs += 250) expect(latency.read(firefox, nowMs)).toBeNull();
  expect(asked).toHaveLength(0);

  const linux = 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0';
  const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:153.0) Gecko/20100101 Firefox/153.0';
  const chromium = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0';
  expect(howToAsk(chromium)).toBe('freely');
  vi.stubGlobal('mozInnerScreenX', 0);
  expect([howToAsk(linux), howToAsk(mac)]).toEqual(['never', 'carefully']);
});
