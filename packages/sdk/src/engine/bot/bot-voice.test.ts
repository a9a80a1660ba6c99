import { expect, test } from 'vitest';
import type { PlayerCommand } from '../../core/messages/player-engine.ts';
import { BotVoice } from './bot-voice.ts';
import { UtteranceLedger } from './utterance-ledger.ts';

function voice(clockRate = 48_000) {
  const commands: PlayerCommand[] = [];
  const begun: [string, string][] = [];
  const utterances = new UtteranceLedger();
  let ids = 0;
  const bot = new BotVoice({
    utterances,
    clockRate: () => clockRate,
    play: (command) => commands.push(command),
    onBegun: (utteranceId, turnId) => begun.push([utteranceId, turnId]),
    newId: () => `id-${(ids += 1)}`,
  });
  const played = () =>
    commands.filter((command) => command.type === 'pcm').reduce((sum, command) => sum + command.samples.length, 0);
  const ended = () => expect.poll(() => commands.at(-1)?.type).toBe('end');
  return { bot, commands, begun, utterances, played, ended };
}

test('[HEAR-5] what is written is played whole and in order, at the rate of the context', async () => {
  const { bot, commands, played, ended } = voice();
  bot.take({ type: 'begin', utteranceId: 'u', turnId: 't' });
  bot.take({ type: 'pcm', utteranceId: 'u', samples: new Int16Array(24_000).fill(1000), sampleRate: 24_000 });
  bot.take({ type: 'pcm', utteranceId: 'u', samples: new Float32Array(12_000), sampleRate: 24_000 });
  bot.take({ type: 'end', utteranceId: 'u' });
  await ended();
  expect(commands[0]).toEqual({ type: 'begin', utteranceId: 'u' });
  expect(played()).toBe(72_000);
});

test('an utterance whose rate changes in the middle loses nothing', async () => {
  const { bot, played, ended } = voice(44_100);
  bot.take({ type: 'begin', utteranceId: 'u', turnId: 't' });
  bot.take({ type: 'pcm', utteranceId: 'u', samples: new Float32Array(16_000), sampleRate: 16_000 });
  bot.take({ type: 'pcm', utteranceId: 'u', samples: new Float32Array(24_000), sampleRate: 24_000 });
  bot.take({ type: 'end', utteranceId: 'u' });
  await ended();
  expect(played()).toBe(88_200);
});

test('[HEAR-3] bytes that arrive for a cut utterance are counted as generated and never played', async () => {
  const { bot, commands, utterances } = voice();
  bot.take({ type: 'begin', utteranceId: 'u', turnId: 't' });
  bot.take({ type: 'pcm', utteranceId: 'u', samples: new Float32Array(4800), sampleRate: 48_000 });
  utterances.settle('u', { renderedMs: 50, deafenedMs: 0 }, 0);
  bot.drop(['u']);
  const before = commands.length;
  bot.take({ type: 'pcm', utteranceId: 'u', samples: new Float32Array(48_000), sampleRate: 48_000 });
  bot.take({ type: 'begin', utteranceId: 'next', turnId: 'n' });
  bot.take({ type: 'pcm', utteranceId: 'next', samples: new Float32Array(480), sampleRate: 48_000 });
  await expect.poll(() => commands.at(-1)).toMatchObject({ type: 'pcm', utteranceId: 'next' });
  expect(commands.slice(before).map((command) => 'utteranceId' in command && command.utteranceId)).toEqual([
    'next',
    'next',
  ]);
  expect(utterances.sum(['u'])).toEqual({ generatedMs: 1100, renderedMs: 50, deafenedMs: 0 });
});

test('PCM without an id begins an implicit utterance, and its end closes it', async () => {
  const { bot, begun, ended } = voice();
  bot.take({ type: 'pcm', samples: new Float32Array(480), sampleRate: 48_000 });
  bot.take({ type: 'end' });
  bot.take({ type: 'pcm', samples: new Float32Array(480), sampleRate: 48_000 });
  bot.take({ type: 'end' });
  await ended();
  expect(begun).toEqual([
    ['id-1', 'id-2'],
    ['id-3', 'id-4'],
  ]);
});

test.each([
  [{ samples: new Float32Array(1), sampleRate: 0 }, 'sampleRate'],
  [{ samples: new Float32Array(1), sampleRate: Number.NaN }, 'sampleRate'],
  [{ samples: [1, 2, 3] as unknown as Float32Array, sampleRate: 48_000 }, 'samples'],
  [{ samples: new Float32Array(1), sampleRate: 48_000, utteranceId: 'nobody' }, 'utteranceId'],
])('[BAD-5] bad PCM %o is refused with the field named, and nothing is lost by it', (bad, field) => {
  const { bot } = voice();
  expect(() => bot.take({ type: 'pcm', ...bad })).toThrow(expect.objectContaining({ code: 'invalid_argument', field }));
});
