import { expect, test } from 'vitest';
import { TurntapeError } from '../../core/errors.ts';
import { checkPcm } from './check-pcm.ts';
import { User } from '../user.ts';

test('[PCM-2] what a caller gets wrong is said at the call, by its name', () => {
  for (const [pcm, format, field] of [
    ['pcm', { sampleRate: 8_000 }, 'pcm'],
    [new Float64Array(1), { sampleRate: 8_000 }, 'pcm'],
    [new Int16Array(1), { sampleRate: 7_999 }, 'sampleRate'],
    [new Int16Array(1), { sampleRate: 8_000.5 }, 'sampleRate'],
    [new Int16Array(1), { sampleRate: '8000' }, 'sampleRate'],
    [new Uint8Array(1), { sampleRate: 8_000 }, 'encoding'],
    [new Uint8Array(1), { sampleRate: 8_000, encoding: 'g722' }, 'encoding'],
    [new Int16Array(1), { sampleRate: 8_000, encoding: 'mulaw' }, 'encoding'],
  ] as const)
    expect(() => checkPcm(pcm as never, format as never), field).toThrowError(
      expect.objectContaining({ code: 'invalid_argument', field }),
    );
  expect(() => checkPcm(new Uint8Array(1), { sampleRate: 8_000, encoding: 'alaw' })).not.toThrow();
});

const noTee = (): never => {
  throw new Error('nobody reads here');
};

/** The code of what is thrown, if anything is. */
const refused = (isWritten: boolean, ended: boolean): unknown => {
  try {
    const port = { send: () => undefined };
    const user = new User({ port, ended: () => ended, openTee: noTee, mode: 'speech', isWritten });
    user.write(new Int16Array(1), { sampleRate: 8_000 });
    return undefined;
  } catch (thrown) {
    return thrown instanceof TurntapeError ? thrown.code : thrown;
  }
};

test('[USER-4] to write the user while a microphone is open is refused, with the way out', () => {
  expect(refused(false, false)).toBe('source_taken');
  expect(refused(true, true)).toBe('session_ended');
  expect(refused(true, false)).toBeUndefined();
});
