import { beforeAll, expect, test, vi } from 'vitest';
import { checkOptions } from './check-options.ts';
import { RECORDER_DEFAULTS, type RecorderOptions } from './options.ts';
import { sessionSettings } from './session-settings.ts';

// The only name of the browser that the options know.
beforeAll(() => void vi.stubGlobal('MediaStream', function MediaStream() {}));

test('[OPT-1] nothing given: every default, and the constant says which', () => {
  expect(checkOptions({})).toEqual({
    ...RECORDER_DEFAULTS,
    target: undefined,
    audioContext: undefined,
    vadChannel: undefined,
    assetBase: undefined,
  });
});

test('one rate serves both speakers; one for each is taken apart', () => {
  expect(checkOptions({ sampleRate: 16_000 }).sampleRate).toEqual({ user: 16_000, bot: 16_000 });
  expect(checkOptions({ sampleRate: { bot: 'native' } }).sampleRate).toEqual({ user: 48_000, bot: 'native' });
});

test('`false` switches the detector and the barge-in off', () => {
  expect(checkOptions({ vad: false, bargeIn: false })).toMatchObject({ vad: null, bargeIn: { mode: 'off' } });
});

test.each<[unknown, string, string]>([
  [{ format: 'flac' }, 'unsupported_format', 'format'],
  [{ sampleRate: 0 }, 'invalid_option', 'sampleRate'],
  [{ sampleRate: { user: 0 } }, 'invalid_option', 'sampleRate.user'],
  [{ sampleRate: 22_050.5 }, 'invalid_option', 'sampleRate'],
  [{ sampleRate: Number.NaN }, 'invalid_option', 'sampleRate'],
  [{ fromat: 'wav' }, 'unknown_option', 'fromat'],
  [{ vad: { modle: 'v6' } }, 'unknown_option', 'vad.modle'],
  [{ vad: { model: 'v7' } }, 'invalid_option', 'vad.model'],
  [{ vad: { echoThreshold: 2 } }, 'invalid_option', 'vad.echoThreshold'],
  [{ vad: { minLevelDb: 1 } }, 'invalid_option', 'vad.minLevelDb'],
  [
    { vad: { positiveSpeechThreshold: 0.2, negativeSpeechThreshold: 0.3 } },
    'invalid_option',
    'vad.negativeSpeechThreshold',
  ],
  [{ turns: { preRollMs: -1 } }, 'invalid_option', 'turns.preRollMs'],
  [{ levels: { everyMs: 19 } }, 'invalid_option', 'levels.everyMs'],
  [{ levels: { every: 50 } }, 'unknown_option', 'levels.every'],
  [{ turns: { mode: 'manual' } }, 'invalid_option', 'turns.mode'],
  [{ redactLookbackMs: 60_001 }, 'invalid_option', 'redactLookbackMs'],
  [{ redactLookbackMs: Number.NaN }, 'invalid_option', 'redactLookbackMs'],
  [{ record: { user: 'yes' } }, 'invalid_option', 'record.user'],
  [{ record: { session: 'surround' } }, 'invalid_option', 'record.session'],
  [{ consent: 'maybe' }, 'invalid_option', 'consent'],
  [{ resampler: 'worst' }, 'invalid_option', 'resampler'],
  [{ latencyHint: 'fast' }, 'invalid_option', 'latencyHint'],
  [{ latencyHint: -1 }, 'invalid_option', 'latencyHint'],
  [{ encryption: 'disk' }, 'invalid_option', 'encryption'],
  [{ encryption: { publicKey: 'short' } }, 'invalid_option', 'encryption.publicKey'],
  [{ encryption: { publicKey: 'A'.repeat(43) }, record: { session: 'stereo' } }, 'invalid_option', 'record.session'],
  [{ audioLink: 'shared' }, 'invalid_option', 'audioLink'],
  [{ bargeIn: { mode: 'off' } }, 'invalid_option', 'bargeIn.mode'],
  [{ target: {} }, 'invalid_option', 'target'],
  [{ vadChannel: {} }, 'invalid_option', 'vadChannel'],
  [{ vad: { phases: 3 } }, 'invalid_option', 'vad.phases'],
  [{ vadTurnId: 1 }, 'invalid_option', 'vadTurnId'],
  [{ bitrate: '32k' }, 'invalid_option', 'bitrate'],
  [{ format: 'mp3', sampleRate: 20_000 }, 'invalid_option', 'sampleRate'],
  [{ encoder: { engine: 'lame' } }, 'invalid_option', 'encoder.engine'],
  [{ encoder: { complexity: 11 } }, 'invalid_option', 'encoder.complexity'],
  [{ encoder: { frameMs: 30 } }, 'invalid_option', 'encoder.frameMs'],
  [{ encoder: { speed: 1 } }, 'unknown_option', 'encoder.speed'],
  [null, 'invalid_option', 'options'],
])('[OPT-2] %o is refused at the door with the field named', (options, code, field) => {
  expect(() => checkOptions(options as RecorderOptions)).toThrow(
    expect.objectContaining({ code, field, name: 'TurntapeError' }),
  );
});

test('[LEVEL-4] how often levels are told is what was asked for, or 50 ms', () => {
  const facts = { sessionId: crypto.randomUUID(), metadata: {}, consent: null, sampled: true };
  const asked = (options: RecorderOptions) => sessionSettings(facts, checkOptions(options)).levels;
  expect(asked({})).toEqual({ everyMs: 50 });
  expect(asked({ levels: {} })).toEqual({ everyMs: 50 });
  expect(asked({ levels: { everyMs: 200 } })).toEqual({ everyMs: 200 });
});

test('[RSM-5] the resampler that is asked for is that of every file of the session; `best` when nothing is', () => {
  const facts = { sessionId: crypto.randomUUID(), metadata: {}, consent: null, sampled: true };
  const chosen = (options: RecorderOptions) => {
    const { user, bot, session } = sessionSettings(
      facts,
      checkOptions({ ...options, record: { session: 'mono' } }),
    ).encoder;
    return [user, bot, session].map((encoder) => encoder?.resampler);
  };
  expect(chosen({ resampler: 'fast' })).toEqual(['fast', 'fast', 'fast']);
  expect(chosen({})).toEqual(['best', 'best', 'best']);
  expect(() => checkOptions({ resampler: 'linear' as 'fast' })).toThrowError(
    expect.objectContaining({ code: 'invalid_option', field: 'resampler' }),
  );
});
