import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { Track } from './track.ts';

const ramp = (from: number, length: number) => Float32Array.from({ length }, (_, i) => from + i + 1);

function listen(retainFrames = 1e6) {
  const heard: number[] = [];
  const holes: [number, number][] = [];
  const track = new Track(retainFrames, {
    onAudio: (from, samples) => {
      expect(from).toBe(heard.length);
      heard.push(...samples);
    },
    onHole: (from, to) => holes.push([from, to]),
  });
  return { track, heard, holes };
}

test('[KEEP-1] every frame is heard once and in order, whatever the blocks', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 }), (lengths) => {
      const { track, heard, holes } = listen();
      let at = 0;
      for (const length of lengths) {
        track.push(at, ramp(at, length));
        at += length;
      }
      expect(heard).toEqual([...ramp(0, at)]);
      expect(holes).toEqual([]);
    }),
  );
});

test('[KEEP-2] what is missing is a hole and silence, and nothing after it shifts', () => {
  const { track, heard, holes } = listen();
  track.push(0, ramp(0, 100));
  track.push(130, ramp(130, 10));
  expect(holes).toEqual([[100, 130]]);
  expect(heard.slice(100, 130)).toEqual(Array.from({ length: 30 }, () => 0));
  expect(heard.slice(130)).toEqual([...ramp(130, 10)]);
});

test('[KEEP-3] a frame that comes twice is taken once', () => {
  const { track, heard } = listen();
  track.push(0, ramp(0, 100));
  track.push(50, ramp(50, 100));
  track.push(0, ramp(0, 20));
  expect(heard).toEqual([...ramp(0, 150)]);
});

test('the recent past can be read; what is older is silence', () => {
  const { track } = listen(100);
  for (let at = 0; at < 1000; at += 50) track.push(at, ramp(at, 50));
  expect([...track.read(905, 995)]).toEqual([...ramp(905, 90)]);
  expect([...track.read(0, 10)]).toEqual(Array.from({ length: 10 }, () => 0));
});
