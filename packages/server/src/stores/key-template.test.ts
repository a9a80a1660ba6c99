import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { SettingsError } from '../settings-error.ts';
import { isKeyOf, readKeyTemplate } from './key-template.ts';

const facts = {
  session_id: randomUUID(),
  segment_id: randomUUID(),
  turn_id: randomUUID(),
  part: 2,
  speaker: 'bot' as const,
  format: 'opus' as const,
  started_at: '2026-03-04T05:06:07.890Z',
};

test('[SRV-109] audio lies where the operator wants it, by dates, speakers and ids', () => {
  const { session_id: session, segment_id: segment } = facts;
  expect(readKeyTemplate('calls/{yyyy}/{mm}/{dd}/{hh}/{session_id}/{segment_id}.{ext}')(facts)).toBe(
    `calls/2026/03/04/05/${session}/${segment}.ogg`,
  );
  expect(readKeyTemplate('{session_id}/{role}_{unix}_{part}-{speaker}-{segment_id}.{ext}')(facts)).toBe(
    `${session}/assistant_1772600767_2-bot-${segment}.ogg`,
  );
});

test.each([
  ['{session_id}/x.{ext}', 'must hold'],
  ['{segment_id}.{ext}', 'must hold'],
  ['{session_id}/{segment_id}', 'must hold'],
  ['{session_id}/{user}/{segment_id}.{ext}', 'holds {user}'],
  ['../{session_id}/{segment_id}.{ext}', 'must be a path'],
  ['/{session_id}/{segment_id}.{ext}', 'must be a path'],
  ['a//{session_id}/{segment_id}.{ext}', 'must be a path'],
  ['a b/{session_id}/{segment_id}.{ext}', 'must be a path'],
  ['database/{session_id}/{segment_id}.{ext}', 'must be a path'],
  ['erased/{session_id}/{segment_id}.{ext}', 'must be a path'],
])('[SRV-109] the template %s is refused: %s', (template, why) => {
  expect(() => readKeyTemplate(template)).toThrow(SettingsError);
  expect(() => readKeyTemplate(template)).toThrow(why);
});

test('[SRV-109] a key in a file that somebody changed leads nowhere else', () => {
  const { session_id: session, segment_id: segment } = facts;
  expect(isKeyOf(`a/${session}/${segment}.ogg`, facts)).toBe(true);
  for (const key of [
    `../${session}/${segment}.ogg`,
    `a/../${session}/${segment}.ogg`,
    `/${session}/${segment}.ogg`,
    `a/${session}/${randomUUID()}.ogg`,
    `a\0/${session}/${segment}.ogg`,
    7,
    undefined,
  ])
    expect(isKeyOf(key, facts)).toBe(false);
});
