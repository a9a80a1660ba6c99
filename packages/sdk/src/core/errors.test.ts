import { expect, test } from 'vitest';
import { TurntapeError, fromErrorFacts, toErrorFacts } from './errors.ts';

test('[ERR-1] an error carries its code, the field at fault and its cause, and is not retryable unless it says so', () => {
  const cause = new Error('underneath');
  const error = new TurntapeError('invalid_option', 'no such format', { field: 'format', cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: 'TurntapeError',
    code: 'invalid_option',
    field: 'format',
    retryable: false,
    cause,
  });
  expect(new TurntapeError('network', 'gone', { retryable: true }).retryable).toBe(true);
  expect('cause' in new TurntapeError('network', 'gone')).toBe(false);
});

test('[ERR-2] an error is the same on the other side of a thread boundary, its cause as words', () => {
  const cause = new TypeError('not a number');
  const error = new TurntapeError('storage_full', 'no room', { field: 'quota', retryable: true, cause });
  const facts = structuredClone(toErrorFacts(error, 'network'));
  expect(fromErrorFacts(facts)).toMatchObject({
    code: 'storage_full',
    message: 'no room',
    field: 'quota',
    retryable: true,
    cause: 'TypeError: not a number',
  });
});

test('[ERR-3] whatever was thrown becomes facts that can be cloned, with the code given', () => {
  for (const [thrown, message] of [
    [new RangeError('too long'), 'RangeError: too long'],
    ['a word', 'a word'],
    [{ reason: 1 }, '{"reason":1}'],
    [undefined, 'worker_failed'],
    [() => 1, 'worker_failed'],
    [1n, '[object BigInt]'],
  ] as const) {
    const facts = toErrorFacts(thrown, 'worker_failed');
    expect(structuredClone(facts)).toEqual({ code: 'worker_failed', message, retryable: false });
  }
});

test('[ERR-3] a thing that refers to itself is described too', () => {
  const loop: { self?: unknown } = {};
  loop.self = loop;
  expect(toErrorFacts(loop, 'vad_failed')).toMatchObject({ code: 'vad_failed', message: '[object Object]' });
});

test('[ERR-2] an error of another bundle, with a class of its own, keeps its code', () => {
  class Foreign extends Error {
    override readonly name = 'TurntapeError';
    readonly code = 'asset_not_found';
    readonly field = 'assetBase';
    readonly retryable = false;
  }
  expect(toErrorFacts(new Foreign('not there'), 'vad_failed')).toMatchObject({
    code: 'asset_not_found',
    message: 'not there',
    field: 'assetBase',
  });
});
