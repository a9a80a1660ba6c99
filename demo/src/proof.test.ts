import { expect, test } from 'vitest';
import type { ComparedRow } from './compared-rows.ts';
import { proofInWords, proofOf } from './proof.ts';

const both = { device: {}, server: {} };
const rows = (...list: object[]): ComparedRow[] => list as ComparedRow[];

test('[DEMO-12] the two numbers are said to be the same only when every row is', () => {
  const same = proofOf(rows({ ...both, equal: true }, { ...both, equal: true }));
  expect(same).toEqual({ onDevice: 2, onServer: 2, identical: 2, waiting: 0, different: 0 });
  expect(proofInWords(same)).toEqual({ tone: 'good', text: 'All 2 identical' });
  const waiting = proofOf(rows({ ...both, equal: true }, { device: {}, server: undefined, equal: undefined }));
  expect(proofInWords(waiting)).toEqual({ tone: 'warn', text: '1 safe here, not sent yet' });
  expect(proofInWords(proofOf(rows({ ...both, equal: false }))).tone).toBe('bad');
  expect(proofInWords(proofOf([])).tone).toBe('');
});
