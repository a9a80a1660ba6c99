// One thread of `machine-watch.mjs`: says on its standard output when it slept for longer than it had asked for.
import { writeSync } from 'node:fs';

const SLEEP_MS = 1;
const LONG_MS = 4;

const never = new Int32Array(new SharedArrayBuffer(4));
const wall = () => performance.timeOrigin + performance.now();
writeSync(1, 'begun\n');
for (let last = wall(); ;) {
  Atomics.wait(never, 0, 0, SLEEP_MS);
  const now = wall();
  if (now - last >= LONG_MS) writeSync(1, `${last} ${now}\n`);
  // Writing it is no sleep.
  last = wall();
}
