import type { StoredSegment, StoredSession } from 'turntape';
import { expect, test } from 'vitest';
import { compareRows } from './compared-rows.ts';
import type { ServerTurn } from './server.ts';

const segment = (segmentId: string, startedAt: number, over: object = {}): StoredSegment =>
  ({
    segmentId,
    turnId: `turn-${segmentId}`,
    startedAt,
    speaker: 'user',
    sha256: 'aa',
    byteSize: 9,
    ...over,
  }) as StoredSegment;

const stored = (segments: StoredSegment[], transcripts: object[] = []): StoredSession =>
  ({ session: {}, segments, transcripts }) as unknown as StoredSession;

const line = (segmentId: string | null, over: object = {}): ServerTurn =>
  ({ segment_id: segmentId, role: 'user', text: null, sha256: 'aa', byte_size: 9, ...over }) as ServerTurn;

test('[DEMO-3] segments stand beside each other in the order in which they were spoken', () => {
  const rows = compareRows(stored([segment('b', 20), segment('a', 10)]), [line('b')]);
  expect(rows.map((row) => [row.position, row.segmentId, row.equal])).toEqual([
    [1, 'a', undefined],
    [2, 'b', true],
  ]);
});

test('[DEMO-3] another hash or another size is not equal', () => {
  const rows = compareRows(stored([segment('a', 1), segment('b', 2)]), [
    line('a', { sha256: 'bb' }),
    line('b', { byte_size: 8 }),
  ]);
  expect(rows.map((row) => row.equal)).toEqual([false, false]);
});

test('[DEMO-3] a row that only the server has is shown, and a line without audio is not a row', () => {
  const rows = compareRows(undefined, [line(null, { text: 'only words' }), line('x', { role: 'assistant' })]);
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({ segmentId: 'x', speaker: 'bot', device: undefined, equal: undefined });
});

test('[DEMO-3] the highest revision of a transcript is the text of its turn', () => {
  const transcripts = [
    { turnId: 'turn-a', revision: 2, text: 'what was heard' },
    { turnId: 'turn-a', revision: 1, text: 'what was heard and what was not' },
  ];
  expect(compareRows(stored([segment('a', 1)], transcripts), [])[0]?.text).toBe('what was heard');
});
