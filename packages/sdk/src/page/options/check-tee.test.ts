import { expect, test } from 'vitest';
import { TEE_DEFAULTS } from '../../core/messages/tee.ts';
import { User } from '../user.ts';
import { checkTee } from './check-tee.ts';

test('[TEE-1] a tee is 16 kHz, 20 ms and 16 bit unless asked otherwise; what cannot be is refused with its field', () => {
  expect(checkTee({})).toEqual({ sampleRate: 16_000, frameMs: 20, format: 'i16' });
  expect(checkTee({ sampleRate: 48_000, frameMs: 100, format: 'f32' })).toEqual({
    sampleRate: 48_000,
    frameMs: 100,
    format: 'f32',
  });
  for (const [options, field] of [
    [{ sampleRate: 7999 }, 'tee.sampleRate'],
    [{ sampleRate: 48_001 }, 'tee.sampleRate'],
    [{ sampleRate: 16_000.5 }, 'tee.sampleRate'],
    [{ frameMs: 19 }, 'tee.frameMs'],
    [{ frameMs: 101 }, 'tee.frameMs'],
    [{ format: 'mulaw' }, 'tee.format'],
    [{ rate: 16_000 }, 'tee.rate'],
    [7, 'tee'],
  ] as const)
    expect(() => checkTee(options as never), field).toThrowError(
      expect.objectContaining({ code: 'invalid_argument', field }),
    );
});

test('[TEE-1] a session that has ended gives none, and one that runs says what it gives', () => {
  const { port1 } = new MessageChannel();
  let ended = false;
  const port = { send: () => undefined };
  const user = new User({ port, ended: () => ended, openTee: () => port1, mode: 'speech', isWritten: false });
  expect(user.tee()).toEqual({ ...TEE_DEFAULTS, port: port1 });
  ended = true;
  expect(() => user.tee()).toThrowError(expect.objectContaining({ code: 'session_ended' }));
  port1.close();
});
