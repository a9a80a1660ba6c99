import { expect, test } from 'vitest';
import type { ComparedRow } from './compared-rows.ts';
import { proofInWords, proofOf } from './proof.ts';

const both = { device: {}, server: {} };
const rows = (...list: object[]): ComparedRow[] => list as ComparedRow[];

test('[DEMO-12] the two numbers are said to be the same only when every row is', () => {
  const same = proofOf(rows({ ...both, equal: true }, { ...both, equal: true }));
  expect(same).toEqual({ onDevice: 2, onServer: 2, identical: 2, waiting: 0, different: 0, inMemory: 0 });
  expect(proofInWords(same)).toEqual({ tone: 'good', text: 'All 2 identical' });
  const waiting = proofOf(rows({ ...both, equal: true }, { device: {}, server: undefined, equal: undefined }));
  expect(proofInWords(waiting)).toEqual({ tone: 'warn', text: '1 safe here, not sent yet' });
  expect(proofInWords(proofOf(rows({ ...both, equal: false }))).tone).toBe('bad');
  expect(proofInWords(proofOf([])).tone).toBe('');
  // The device has let go of one: what cannot be compared is not said to be the same.
  const gone = proofOf(rows({ ...both, equal: true }, { device: undefined, server: {}, equal: undefined }));
  expect(proofInWords(gone)).toEqual({ tone: 'good', text: 'All 2 delivered' });
});

test('[DEMO-18] what the server acknowledged is there although it cannot be asked, and what waits for room is not said to be kept', () => {
  const receipt = { device: { deliveryState: 'acknowledged' }, server: undefined, equal: undefined };
  const away = proofOf(rows(receipt, receipt));
  expect(away).toMatchObject({ onDevice: 2, onServer: 2, identical: 0, waiting: 0 });
  expect(proofInWords(away)).toEqual({ tone: 'good', text: 'All 2 delivered' });
  const full = proofOf(rows({ ...both, equal: true }), 3);
  expect(proofInWords(full)).toEqual({ tone: 'warn', text: '3 in memory, until there is room' });
  expect(proofInWords(proofOf([], 1)).tone).toBe('warn');
});
