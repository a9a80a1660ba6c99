import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import schema from '../../../settings.schema.json' with { type: 'json' };
import { checkOptions } from './check-options.ts';
import { RECORDER_DEFAULTS, type RecorderOptions } from './options.ts';
import { type RecordingSettings, loadSettings } from './settings.ts';

// The only name of the browser that the options know.
beforeAll(() => void vi.stubGlobal('MediaStream', function MediaStream() {}));
afterEach(() => void vi.restoreAllMocks());

const isValid = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
const load = (document: Record<string, unknown>, options = {}) =>
  loadSettings(document, { orDefaults: true, ...options });

interface Property {
  default?: unknown;
  properties?: Record<string, Property>;
  anyOf?: Property[];
}
const properties = schema.$defs as unknown as Record<string, Property>;

/** The group of a property: its own, or one of what it may be. */
const groupOf = (property: Property | undefined): Record<string, Property> =>
  property?.properties ?? property?.anyOf?.find((each) => each.properties)?.properties ?? {};

/** Every setting that RECORDER_DEFAULTS knows, with its default. */
const { consent: _consent, ...defaults } = RECORDER_DEFAULTS;

test('[SETTINGS-1] the published schema has every option that can come as JSON, with its default, and no other', () => {
  const names = Object.keys(properties).filter((name) => name !== 'settings');
  // A new option of RECORDER_DEFAULTS belongs into settings.schema.json: or it can only be given by the app's own code.
  expect(names.toSorted()).toEqual([...Object.keys(defaults), 'encryption'].toSorted());
  for (const [name, value] of Object.entries(defaults)) {
    const property = properties[name];
    if (typeof value !== 'object') {
      expect({ [name]: property?.default }).toEqual({ [name]: value });
      continue;
    }
    const inner = Object.fromEntries(Object.entries(groupOf(property)).map(([key, each]) => [key, each.default]));
    expect({ [name]: inner }).toEqual({ [name]: value });
  }
  expect(schema.$id).toBe('urn:turntape:settings:1');
  expect(Object.keys(schema.properties)).toEqual([
    '$schema',
    'schema',
    ...names.filter((name) => name in schema.properties),
    'agents',
  ]);
});

test('[SETTINGS-1] the defaults are a valid document, of the types that the options have', async () => {
  const document = { ...defaults, encryption: false, schema: 1 as const } satisfies RecordingSettings & { schema: 1 };
  expect(isValid(document), JSON.stringify(isValid.errors)).toBe(true);
  const { options, unknown, problems } = await load(document);
  expect({ unknown, problems }).toEqual({ unknown: [], problems: [] });
  expect(checkOptions(options satisfies RecorderOptions)).toEqual(checkOptions({}));
});

/** Values at the edges of every property, and some that cannot be. */
const candidates: readonly unknown[] = [
  true,
  false,
  'native',
  'opus',
  'flac',
  '',
  'device',
  'stop',
  'v6',
  'stereo',
  'cut',
  'wasm',
  'voice',
  'constant',
  -1,
  0,
  0.25,
  0.5,
  1,
  1.5,
  2,
  4,
  10,
  20,
  32,
  59,
  60,
  1000,
  5000,
  6000,
  8000,
  10_000,
  44_100,
  48_000,
  60_000,
  87_840,
  87_841,
  300_000,
  3_600_000,
  1e9,
  null,
  [],
  {},
  'A'.repeat(43),
  'interactive',
  'port',
  'continuous',
  'audio',
];
const anyValue = fc.constantFrom(...candidates);
/** What can be wrong only together with another is left out: a schema of single fields cannot say it. */
const TOGETHER = new Set(['positiveSpeechThreshold', 'negativeSpeechThreshold', 'session']);
const group = (name: string) =>
  fc.dictionary(
    fc.constantFrom(...Object.keys(groupOf(properties[name])), 'typo').filter((key) => !TOGETHER.has(key)),
    anyValue,
    {
      maxKeys: 3,
    },
  );
const oneField = fc
  .constantFrom(...Object.keys(properties).filter((name) => name !== 'settings'), 'typo')
  .chain((name) =>
    fc
      .oneof(anyValue, Object.keys(groupOf(properties[name])).length > 0 ? group(name) : anyValue)
      .map((value) => ({ [name]: value })),
  );

test('[SETTINGS-2] what the schema calls valid is loaded as it is, and nothing else is: over any field and value', async () => {
  let valid = 0;
  await fc.assert(
    fc.asyncProperty(oneField, async (document) => {
      const ok = isValid(document);
      valid += ok ? 1 : 0;
      const { options, unknown, problems } = await load(document);
      expect({ ok, document, problems: problems.map((each) => each.message), unknown }).toMatchObject({
        ok: problems.length === 0 && unknown.length === 0,
      });
      if (ok) expect(options).toEqual(document);
      // Whatever was wrong, the rest starts a recorder.
      expect(() => checkOptions(options)).not.toThrow();
    }),
    { numRuns: 3000 },
  );
  expect(valid).toBeGreaterThan(300);
});

test('[SETTINGS-3] an agent’s settings lie over those of everybody, field by field', async () => {
  const document = {
    format: 'opus',
    vad: { model: 'v5', endSilenceMs: 600 },
    bargeIn: false,
    agents: {
      sales: { format: 'wav', vad: { endSilenceMs: 900 }, sampleRatio: 0.1 },
      quiet: { record: { user: false } },
    },
  };
  expect(await load(document, { agent: 'sales' })).toMatchObject({
    agent: 'sales',
    options: { format: 'wav', vad: { model: 'v5', endSilenceMs: 900 }, bargeIn: false, sampleRatio: 0.1 },
  });
  expect(await load(document, { agent: 'quiet' })).toMatchObject({
    options: { format: 'opus', record: { user: false } },
  });
  for (const agent of ['nobody', 'toString', undefined])
    expect(await load(document, { agent })).toMatchObject({ agent: undefined, options: { format: 'opus' } });
});

test('[SETTINGS-4] what is no setting is left out and told by its place, and is no failure', async () => {
  const document = {
    fromat: 'wav',
    consent: 'granted',
    vad: { modle: 'v6', minSpeechMs: 100 },
    agents: { a: { target: {}, turns: { preRoll: 1 } } },
  };
  const { options, unknown } = await loadSettings(document, { agent: 'a' });
  expect(options).toEqual({ vad: { minSpeechMs: 100 }, turns: {} });
  expect(unknown).toEqual(
    ['vad.modle', 'fromat', 'consent', 'agents.a.turns.preRoll', 'agents.a.target'].toSorted(
      (a, b) => unknown.indexOf(a) - unknown.indexOf(b),
    ),
  );
});

test('[SETTINGS-5] a value that cannot be refuses the load, by its field; or, when the app says so, leaves its default', async () => {
  const document = { format: 'wav', vad: { endSilenceMs: 5, minSpeechMs: 100 }, record: { user: 'no' }, bitrate: null };
  await expect(loadSettings(document)).rejects.toMatchObject({
    name: 'TurntapeError',
    code: 'invalid_option',
    field: 'bitrate',
  });
  const { options, problems, from } = await load(document);
  expect(options).toEqual({ format: 'wav', vad: { minSpeechMs: 100 }, record: {} });
  expect(problems.map(({ code, field }) => [code, field])).toEqual([
    ['invalid_option', 'bitrate'],
    ['invalid_option', 'record.user'],
    ['invalid_option', 'vad.endSilenceMs'],
  ]);
  expect(from).toBe('given');
});

test('[SETTINGS-5] fields that are wrong only together are taken out until the rest stands', async () => {
  const together = {
    vad: { positiveSpeechThreshold: 0.2 },
    record: { session: 'mono' },
    encryption: { publicKey: 'A'.repeat(43) },
  };
  const { options, problems } = await load(together);
  expect(problems.map(({ field }) => field)).toEqual(['record.session', 'vad.negativeSpeechThreshold']);
  expect(options).toEqual({ record: {}, encryption: { publicKey: 'A'.repeat(43) } });
});

test('[SETTINGS-8] an agent’s sealing key takes the whole place of everybody’s, with no half of it', async () => {
  const [ours, theirs] = ['A', 'B'].map((letter) => letter.repeat(43));
  const document = {
    encryption: { publicKey: ours, keyId: 'ours' },
    agents: {
      own: { encryption: { publicKey: theirs } },
      named: { encryption: { keyId: 'theirs' } },
      here: { encryption: 'device' },
      none: { encryption: false },
      same: { format: 'wav' },
    },
  };
  const keyOf = async (agent: string) => (await load(document, { agent })).options.encryption;
  // Under another's name a backend would look for the wrong private key.
  expect(await keyOf('own')).toEqual({ publicKey: theirs });
  expect(await keyOf('here')).toBe('device');
  expect(await keyOf('none')).toBe(false);
  expect(await keyOf('same')).toEqual({ publicKey: ours, keyId: 'ours' });
  // A name without a key is none, and the key of everybody is not put under it.
  await expect(loadSettings(document, { agent: 'named' })).rejects.toMatchObject({ field: 'encryption.publicKey' });
  expect(await load(document, { agent: 'named' })).toMatchObject({
    problems: [{ code: 'invalid_option', field: 'encryption.publicKey' }],
  });
  expect((await load(document, { agent: 'named' })).options).not.toHaveProperty('encryption.publicKey');
});

const answers = (answer: () => Promise<Response>) => vi.spyOn(globalThis, 'fetch').mockImplementation(answer);

test('[SETTINGS-6] a document that cannot be had, or is none, is said by its code; with `orDefaults` the recorder starts all the same', async () => {
  const url = 'https://app.example/settings.json';
  const cases: [() => Promise<Response>, string][] = [
    [() => Promise.reject(new TypeError('Failed to fetch')), 'network'],
    [async () => new Response('gone', { status: 404 }), 'server_error'],
    [async () => new Response('<!doctype html>'), 'invalid_argument'],
    [async () => new Response('[1]'), 'invalid_argument'],
  ];
  for (const [answer, code] of cases) {
    answers(answer);
    await expect(loadSettings(url)).rejects.toMatchObject({ code });
    expect(await loadSettings(new URL(url), { orDefaults: true })).toMatchObject({
      options: {},
      from: 'defaults',
      problems: [{ code }],
    });
  }
  answers(async () => Response.json({ format: 'wav' }));
  expect(await loadSettings(url)).toMatchObject({ options: { format: 'wav' }, from: 'network' });
  const gone = AbortSignal.abort();
  answers(() => Promise.reject(gone.reason as Error));
  await expect(loadSettings(url, { signal: gone, orDefaults: true })).rejects.toMatchObject({ code: 'aborted' });
});

test('[SETTINGS-7] with a cache the last good document serves while there is no network; a bad one does not take its place', async () => {
  const kept = new Map<string, Response>();
  const store = {
    put: async (url: string, response: Response) => void kept.set(url, response),
    match: async (url: string) => kept.get(url)?.clone(),
  };
  vi.stubGlobal('caches', { open: async () => store });
  const url = 'https://app.example/settings.json';
  const options = { cache: 'app-settings' };
  const offline = () => answers(() => Promise.reject(new TypeError('Failed to fetch')));
  offline();
  await expect(loadSettings(url, options)).rejects.toMatchObject({ code: 'network' });
  answers(async () => Response.json({ format: 'wav' }));
  await loadSettings(url, options);
  answers(async () => Response.json({ format: 'flac' }));
  await expect(loadSettings(url, options)).rejects.toMatchObject({ code: 'unsupported_format', field: 'format' });
  offline();
  expect(await loadSettings(url, options)).toMatchObject({ options: { format: 'wav' }, from: 'cache' });
  vi.unstubAllGlobals();
});
