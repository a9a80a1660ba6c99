import { expect, test } from 'vitest';
import { ConsentGate } from './consent.ts';

test('[OWN-10] the gate stays shut until consent is given, and shuts again when it is taken back', () => {
  const gate = new ConsentGate('required');
  expect(() => gate.require()).toThrow(expect.objectContaining({ code: 'consent_required' }));
  gate.grant({ subject: 'u-1', textVersion: '3' }, 1000);
  expect(gate.require()).toEqual({ subject: 'u-1', textVersion: '3', grantedAt: 1000 });
  gate.revoke();
  expect(() => gate.require()).toThrow(expect.objectContaining({ code: 'consent_required' }));
});

test('an app that asked by itself says so, and nothing is required', () => {
  expect(new ConsentGate('granted').require()).toBeNull();
});

test('a grant without a subject or a text is none', () => {
  const gate = new ConsentGate('required');
  expect(() => gate.grant({ subject: '', textVersion: '3' }, 0)).toThrow(expect.objectContaining({ field: 'subject' }));
  expect(() => gate.require()).toThrow();
});
