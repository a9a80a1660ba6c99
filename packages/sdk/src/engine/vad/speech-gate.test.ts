import { expect, test } from 'vitest';
import { SpeechGate } from './speech-gate.ts';

const SETTINGS = {
  model: 'v6',
  positiveSpeechThreshold: 0.3,
  negativeSpeechThreshold: 0.25,
  minSpeechMs: 250,
  endSilenceMs: 800,
  echoThreshold: 0.8,
} as const;

test('[VAD-16] an hour of speech is remembered by no more windows than confirmed it', async () => {
  const gate = new SpeechGate(SETTINGS, 512);
  // Speech with its short pauses: 112 500 windows of 32 ms.
  for (let n = 0; n < 112_500; n += 1) await gate.hear(n % 10 < 7 ? 0.9 : 0.1);
  expect(gate.remembered).toBeLessThanOrEqual(7);
  expect(gate.close()).toEqual(['end']);
});

test('[VAD-16] silence is not remembered at all', async () => {
  const gate = new SpeechGate(SETTINGS, 512);
  for (let n = 0; n < 100; n += 1) await gate.hear(0.1);
  expect(gate.remembered).toBe(0);
  expect(gate.close()).toEqual([]);
});

test('[VAD-8] speech that was all but confirmed is confirmed by the first longer window of it', async () => {
  const gate = new SpeechGate(SETTINGS, 512);
  expect(await gate.hear(0.9)).toEqual(['start']);
  for (let n = 0; n < 5; n += 1) expect(await gate.hear(0.9)).toEqual([]);
  // Six of seven windows: 192 ms, which are the two windows of 96 ms that are the minimum now.
  gate.resize(1536);
  expect(await gate.hear(0.9)).toEqual(['confirmed']);
  expect(await gate.hear(0.9)).toEqual([]);
});

test('[VAD-8] the silence counted towards the end of speech is kept through a change of windows', async () => {
  const gate = new SpeechGate(SETTINGS, 512);
  for (let n = 0; n < 10; n += 1) await gate.hear(0.9);
  for (let n = 0; n < 24; n += 1) expect(await gate.hear(0)).toEqual([]);
  gate.resize(1536);
  expect(await gate.hear(0)).toEqual(['end']);
});

test('[VAD-5] between the thresholds speech goes on and silence goes on', async () => {
  const gate = new SpeechGate(SETTINGS, 512);
  for (let n = 0; n < 50; n += 1) expect(await gate.hear(0.27)).toEqual([]);
  await gate.hear(0.3);
  for (let n = 0; n < 50; n += 1) expect(await gate.hear(0.27)).toEqual([]);
  for (let n = 0; n < 24; n += 1) expect(await gate.hear(0.2)).toEqual([]);
  expect(await gate.hear(0.2)).toEqual(['misfire']);
});
