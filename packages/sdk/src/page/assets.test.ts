import { afterEach, expect, test, vi } from 'vitest';
import { TurntapeError } from '../core/errors.ts';
import { resolveAssets } from './assets.ts';

const names = (urls: object): string[] =>
  Object.values(urls).flatMap((url: unknown) => (typeof url === 'object' && url ? names(url) : [String(url)]));

const fileName = (url: string): string => new URL(url).pathname.split('/').at(-1) ?? '';

afterEach(() => vi.unstubAllGlobals());

test('[ASSET-1] each file is named once for bundlers, and under the same name for assetBase', () => {
  const literal = names(resolveAssets());
  const based = names(resolveAssets('https://cdn.example/turntape/'));
  expect(literal.map(fileName)).toEqual(based.map(fileName));
  expect(new Set(based).size).toBe(14);
  for (const url of literal) expect(url).toMatch(/\?no-inline$/);
  expect(based[0]).toBe('https://cdn.example/turntape/engine.worker.js');
});

test('[ASSET-2] assetBase may be absolute or relative to the page, with or without the last slash', () => {
  vi.stubGlobal('location', { href: 'https://app.example/talk/room?id=1#top' });
  expect(resolveAssets('/static/tt').tap).toBe('https://app.example/static/tt/tap.worklet.js');
  expect(resolveAssets('tt/').tap).toBe('https://app.example/talk/tt/tap.worklet.js');
  expect(resolveAssets(new URL('https://cdn.example/a/b')).models.v6).toBe(
    'https://cdn.example/a/b/silero_vad_v6.onnx',
  );
});

test('[ASSET-2] an assetBase that is no address names the option', () => {
  expect(() => resolveAssets('http://[')).toThrow(TurntapeError);
  expect(() => resolveAssets('http://[')).toThrow(
    expect.objectContaining({ code: 'invalid_option', field: 'assetBase' }),
  );
});
