import { beforeAll, describe, expect, test, vi } from 'vitest';
import { addNoise, click, pinkNoise, type Recording, recordSpeech } from '../../../bench/support/spoken.mjs';
import type { VadSettings } from '../../core/settings.ts';
import { SpeechDetector, type SpeechFact } from './detector.ts';
import { EnergyModel } from './energy-model.ts';

const CLOCK_RATE = 48_000;
const SETTINGS: VadSettings = {
  model: 'energy',
  positiveSpeechThreshold: 0.3,
  negativeSpeechThreshold: 0.25,
  minSpeechMs: 250,
  endSilenceMs: 800,
  echoThreshold: 0.8,
};

// Speech takes a busy machine its time to make and to resample.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

async function listen(samples: Float32Array): Promise<SpeechFact[]> {
  const facts: SpeechFact[] = [];
  const detector = new SpeechDetector({
    settings: SETTINGS,
    clockRate: CLOCK_RATE,
    model: new EnergyModel(),
    onFact: (fact) => facts.push(fact),
    onError: (error) => {
      throw error;
    },
  });
  detector.feed(0, samples);
  detector.endSpeech();
  await detector.settle();
  return facts;
}

/** How far each start lies from the utterance it belongs to, in milliseconds. */
function onsetErrors(recording: Recording, facts: readonly SpeechFact[]): number[] {
  const onsets = facts.flatMap((fact) => (fact.type === 'start' ? [fact.onset] : []));
  expect(onsets).toHaveLength(recording.utterances.length);
  return recording.utterances.map(({ onset }, index) => (((onsets[index] ?? 0) - onset) / CLOCK_RATE) * 1000);
}

const level = (samples: Float32Array, db: number): Float32Array => samples.map((sample) => sample * 10 ** (db / 20));

describe('the energy model on speech', () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await recordSpeech({ count: 6, clockRate: CLOCK_RATE });
  });

  test('[VAD-10] it finds every utterance, and none twice', async () => {
    const facts = await listen(recording.samples);
    for (const error of onsetErrors(recording, facts)) {
      expect(error).toBeGreaterThanOrEqual(-32);
      expect(error).toBeLessThanOrEqual(64);
    }
    expect(facts.filter((fact) => fact.type === 'confirmed')).toHaveLength(6);
    expect(facts.filter((fact) => fact.type === 'end' && fact.misfire)).toEqual([]);
  });

  test('[VAD-10] it ends them where they end', async () => {
    const facts = await listen(recording.samples);
    const ends = facts.flatMap((fact) => (fact.type === 'end' ? [fact.end] : []));
    recording.utterances.forEach(({ end }, index) => {
      // Down to −40 dB of the peak the voices fade for up to a fifth of a second.
      expect(Math.abs(((ends[index] ?? 0) - end) / CLOCK_RATE)).toBeLessThanOrEqual(0.2);
    });
  });

  test('[VAD-10] it finds them quiet, and in noise 15 dB below them', async () => {
    for (const samples of [level(recording.samples, -20), addNoise(recording, 15).samples]) {
      const facts = await listen(samples);
      const confirmed = facts.filter((fact) => fact.type === 'confirmed');
      expect(confirmed).toHaveLength(6);
      for (const error of onsetErrors(recording, facts)) expect(Math.abs(error)).toBeLessThanOrEqual(100);
    }
  });
});

describe('the energy model on what is no speech', () => {
  test('[VAD-11] a click of 40 ms is a misfire', async () => {
    const facts = await listen(click(CLOCK_RATE));
    expect(facts.map((fact) => fact.type)).toEqual(['start', 'end']);
    expect(facts.at(-1)).toMatchObject({ misfire: true });
  });

  test('[VAD-11] silence and steady noise start nothing', async () => {
    for (const db of [-Infinity, -70, -50, -36]) {
      const facts = await listen(level(pinkNoise(20 * CLOCK_RATE), db));
      expect(facts, `${db} dBFS`).toEqual([]);
    }
  });

  test('[VAD-11] noise that begins suddenly is taken for speech for 3 s, no longer', async () => {
    const noise = level(pinkNoise(20 * CLOCK_RATE), -40);
    noise.fill(0, 0, 5 * CLOCK_RATE);
    const facts = await listen(noise);
    expect(facts.map((fact) => fact.type)).toEqual(['start', 'confirmed', 'end']);
    expect(facts.at(-1)).toMatchObject({ misfire: false });
    const { end } = facts.at(-1) as { end: number };
    expect(end / CLOCK_RATE).toBeLessThan(8.2);
  });

  test('[VAD-11] it forgets the room it was in', async () => {
    const model = new EnergyModel();
    const loud = level(pinkNoise(512), -30);
    const quiet = level(pinkNoise(512), -50);
    for (let n = 0; n < 94; n += 1) model.probability(quiet);
    expect(model.probability(loud)).toBeGreaterThan(0.5);
    model.reset();
    for (let n = 0; n < 10; n += 1) model.probability(loud);
    expect(model.probability(loud)).toBeLessThan(0.3);
  });
});
