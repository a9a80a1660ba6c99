import { expect, test } from 'vitest';
import { denialOf } from './microphone-denial.ts';

const thrown = (name: string, message: string): Error => Object.assign(new Error(message), { name });
const page = { isSecureContext: true, allowsMicrophone: undefined };

test.for([
  ['blocked', thrown('NotAllowedError', 'Permission denied'), page],
  ['blocked', thrown('NotAllowedError', 'The request is not allowed by the user agent'), page],
  ['blocked', undefined, page],
  ['dismissed', thrown('NotAllowedError', 'Permission dismissed'), page],
  ['system', thrown('NotAllowedError', 'Permission denied by system'), page],
  ['policy', thrown('SecurityError', 'The operation is insecure.'), page],
  ['policy', thrown('NotAllowedError', 'Permission denied'), { ...page, allowsMicrophone: false }],
  ['insecure', undefined, { ...page, isSecureContext: false }],
] as const)('[FACE-28] a microphone that was denied has its reason: %s', ([reason, cause, facts]) => {
  expect(denialOf(cause, facts)).toBe(reason);
});
