import { expect, test } from 'vitest';
import type { RedactionRange } from '../../core/redaction.ts';
import { checkRange } from './check-range.ts';

test('a range to redact is taken as it is given', () => {
  expect(checkRange({ fromMs: 0, toMs: 1.5 })).toEqual({ fromMs: 0, toMs: 1.5 });
  expect(checkRange({ fromMs: 3, toMs: 3, speaker: 'bot' })).toEqual({ fromMs: 3, toMs: 3, speaker: 'bot' });
});

test.each<[unknown, string]>([
  [undefined, 'range'],
  [{}, 'range.fromMs'],
  [{ fromMs: -1, toMs: 5 }, 'range.fromMs'],
  [{ fromMs: 5, toMs: 4 }, 'range.toMs'],
  [{ fromMs: 0, toMs: Infinity }, 'range.toMs'],
  [{ fromMs: 0, toMs: Number.NaN }, 'range.toMs'],
  [{ fromMs: 0, toMs: 5, speaker: 'me' }, 'range.speaker'],
  [{ fromMs: 0, toMs: 5, track: 'user' }, 'range.track'],
])('[REDACT-14] %o is no range to redact, and the field is named', (range, field) => {
  expect(() => checkRange(range as RedactionRange)).toThrow(
    expect.objectContaining({ code: 'invalid_argument', field, name: 'TurntapeError' }),
  );
});
