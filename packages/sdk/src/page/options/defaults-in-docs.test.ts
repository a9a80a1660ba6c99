import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { DEFAULT_MP3_BITRATE } from '../../core/mp3-rates.ts';
import { DEFAULT_OPUS_OPTIONS } from '../../core/opus-options.ts';
import { RECORDER_DEFAULTS } from './options.ts';

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

/** Every default by the last part of its name. */
function byName(options: object): Map<string, string> {
  return new Map(
    Object.entries(options).flatMap(([name, value]: [string, unknown]) =>
      typeof value === 'object' && value !== null ? [...byName(value)] : [[name, String(value)]],
    ),
  );
}

test('[EXPORT-15] every default that the guide names is the recorder’s own', async () => {
  const guide = await read('../../../../../docs/guide.md');
  const defaults = byName(RECORDER_DEFAULTS);
  // `turns.preRollMs` (500); `keepAcknowledgedHours: 0, // …; default 24`; `format: 'opus'` (the default).
  const named = [
    ...guide.matchAll(/`(?:\w+\.)*(\w+)` \(([\d.]+)\)/g),
    ...guide.matchAll(/^ +(\w+): .*;? default (\w+(?: limit)?)$/gm),
    ...guide.matchAll(/`(\w+): '([\w-]+)'` \(the default\)/g),
    ...guide.matchAll(/^ +(\w+): '([\w-]+)', +\/\/ the default/gm),
  ];
  expect(named.length).toBeGreaterThan(7);
  for (const [sentence, name = '', value = ''] of named)
    expect((defaults.get(name) ?? 'none').replace('null', 'no limit'), sentence).toBe(value);
  expect(guide).toContain(`${DEFAULT_MP3_BITRATE / 1000} kbit/s by default`);
  expect(guide).toContain(`Ogg Opus at ${RECORDER_DEFAULTS.bitrate / 1000} kbit/s`);
});

test('[EXPORT-15] the docblocks of the encoder’s options name their defaults', async () => {
  const source = await read('../../core/opus-options.ts');
  const named = Array.from(
    source.matchAll(/[Dd]efault:? `?(\w+)`?\.\s*\n?\s*\*\/\n {2}(\w+):/g),
    ([, value, name = '']) => [name, value],
  );
  expect(Object.fromEntries(named)).toEqual(
    Object.fromEntries(Object.entries(DEFAULT_OPUS_OPTIONS).map(([name, value]) => [name, String(value)])),
  );
});
