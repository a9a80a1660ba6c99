import { expect, test } from '@playwright/test';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

/** What sounds, in Hz. */
const TONE_HZ = 997;

/** So many periods are one measurement. */
const PERIODS = 20;

/**
 * The frequency of the middle of a tone, by the times at which it rises through zero: the median of all measurements. Between two
 * contexts a busy machine leaves silence now and then, which says nothing of their rates.
 */
function frequencyOf(samples: readonly number[], sampleRate: number): number {
  const middle = samples.slice(Math.floor(samples.length * 0.2), Math.floor(samples.length * 0.8));
  const rises = middle.flatMap((sample, index) => {
    const before = middle[index - 1] ?? sample;
    return before < 0 && sample >= 0 ? [index - sample / (sample - before)] : [];
  });
  const spans = rises.slice(PERIODS).map((rise, index) => rise - (rises[index] ?? 0));
  const median = spans.toSorted((one, other) => one - other)[Math.floor(spans.length / 2)] ?? NaN;
  return (PERIODS / median) * sampleRate;
}

test('[U-15] [CONTEXT-4] the context of the app stays as it is: microphone and bot of other rates are recorded at their pitch', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page, troubles } = await openRecorderPage(browser, site);
  const tracks = await page.evaluate(async (toneHz) => {
    const audioContext = new AudioContext({ sampleRate: 48_000 });
    /** A tone from a context of another rate, as a stream. */
    const toneAt = async (sampleRate: number) => {
      const context = new AudioContext({ sampleRate });
      const loudspeaker = context.createMediaStreamDestination();
      const tone = new OscillatorNode(context, { frequency: toneHz });
      tone.connect(new GainNode(context, { gain: 0.5 })).connect(loudspeaker);
      tone.start();
      await context.resume();
      return { context, stream: loudspeaker.stream };
    };
    const found = [];
    for (const [userRate, botRate] of [
      [44_100, 16_000],
      [16_000, 44_100],
    ] as const) {
      const [user, bot] = [await toneAt(userRate), await toneAt(botRate)];
      const recorder = await window.turntape.createRecorder({
        consent: 'granted',
        format: 'wav',
        sampleRate: 'native',
        vad: false,
        audioContext,
        microphone: user.stream,
      });
      const errors: string[] = [];
      const session = await recorder.startSession();
      session.on('error', ({ error }) => errors.push(error.code));
      const attachment = await session.bot.attach(bot.stream, { boundaries: 'manual' });
      session.user.startTurn();
      attachment.startTurn();
      const from = (await session.stats()).lengthMs;
      await new Promise<void>((resolve) => session.on('level', ({ atMs }) => atMs > from + 1500 && resolve()));
      attachment.endTurn();
      session.user.endTurn();
      const { segments } = await session.stop();
      for (const { speaker, segmentId, gaps } of segments) {
        const wav = await recorder.readAudio(segmentId);
        const rate = new DataView(wav ?? new ArrayBuffer(44)).getUint32(24, true);
        const samples = Array.from(new Int16Array(wav?.slice(44) ?? new ArrayBuffer(0)));
        found.push({ speaker, rate, samples, gaps, errors, context: [audioContext.sampleRate, audioContext.state] });
      }
      await recorder.dispose();
      await user.context.close();
      await bot.context.close();
    }
    await audioContext.close();
    return found;
  }, TONE_HZ);
  await browser.close();
  await site.close();

  expect(troubles).toEqual([]);
  expect(tracks.map(({ speaker }) => speaker).sort()).toEqual(['bot', 'bot', 'user', 'user']);
  for (const { rate, samples, errors, context } of tracks) {
    expect([errors, context, rate]).toEqual([[], [48_000, 'running'], 48_000]);
    expect(samples.length).toBeGreaterThan(48_000);
    expect(Math.abs(frequencyOf(samples, rate) / TONE_HZ - 1)).toBeLessThan(0.001);
  }
});
