import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { runTool } from './fixtures/speak.mjs';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { runOrThrow } from './support/tool.ts';

const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64');

/** The whole conversation as files, by the built package in a real page. */

test('[EXPORT-8] [BUNDLE-3] a page exports a spoken conversation: a stream, a Blob, a stretch; every turn lies in it sample for sample', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'turntape-session-file-'));
  const microphone = { file: (await makeSpeech()).microphones['one-turn-48000']?.file ?? '' };
  const site = await openSite();
  const browser = await launchBrowser({ microphone });
  const { page, troubles } = await openRecorderPage(browser, site);
  const made = await page.evaluate(async () => {
    const recorder = await window.turntape.createRecorder({
      consent: 'granted',
      format: 'wav',
      sampleRate: 'native',
      record: { session: 'stereo' },
      bargeIn: false,
    });
    const session = await recorder.startSession();
    const heard = new Promise<void>((resolve) =>
      session.on('turn-end', ({ turn }) => turn.speaker === 'user' && resolve()),
    );
    const u = session.bot.begin();
    u.write(
      Float32Array.from({ length: 48_000 }, (_, i) => 0.25 * Math.sin((2 * Math.PI * 1000 * i) / 24_000)),
      {
        sampleRate: 24_000,
      },
    );
    u.end();
    await u.done;
    await heard;
    const begun = await session.files.export();
    await session.stop();
    // As text: an array of numbers takes a minute to cross over.
    // oxlint-disable-next-line unicorn/consistent-function-scoping -- it runs in the page
    const asText = async (...parts: BlobPart[]): Promise<string> => {
      const url = await new Promise<string>((resolve) => {
        const reader = new FileReader();
        reader.addEventListener('load', () => resolve(reader.result as string));
        reader.readAsDataURL(new Blob(parts));
      });
      return url.slice(url.indexOf(',') + 1);
    };
    const pieces: BlobPart[] = [];
    const facts = await session.files.export({
      to: new WritableStream({ write: (piece) => void pieces.push(piece.slice()) }),
    });
    const opus = await recorder.files(session.sessionId).export({ format: 'opus' });
    const [stored] = await recorder.sessions();
    const turns = await Promise.all(
      (stored?.segments ?? []).map(async (segment) => ({
        segment,
        file: await asText((await recorder.readAudio(segment.segmentId)) ?? new ArrayBuffer(0)),
      })),
    );
    const stretch = await session.files.audio({ speaker: 'user', fromMs: 1000, toMs: 1500 });
    const zip = await session.files.bundle();
    const aborted = await session.files.export({ signal: AbortSignal.abort() }).then(
      () => 'made',
      (thrown: unknown) => (thrown as { code: string }).code,
    );
    const refused = await session.files.export({ layout: 'surround' as 'stereo' }).then(
      () => 'made',
      (thrown: unknown) => (thrown as { field: string }).field,
    );
    await recorder.dispose();
    return {
      bytes: await asText(...pieces),
      facts,
      turns,
      begunMs: begun.facts.durationMs,
      opus: {
        facts: opus.facts,
        type: opus.blob.type,
        file: await asText(opus.blob),
      },
      stretch: { facts: stretch.facts, file: await asText(stretch.blob) },
      epochs: stored?.session.epochs ?? [],
      zip: await asText(zip),
      aborted,
      refused,
    };
  });
  await browser.close();
  await site.close();
  expect(troubles).toEqual([]);
  expect(made.aborted).toBe('aborted');
  expect(made.refused).toBe('layout');
  expect(made.begunMs).toBeGreaterThan(1000);
  expect(made.begunMs).toBeLessThanOrEqual(made.facts.durationMs);

  const wav = bytesOf(made.bytes);
  const pcm = new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length));
  expect(pcm.length).toBe(2 * made.facts.samples);
  expect(made.facts).toMatchObject({ channels: ['user', 'bot'], betweenTurns: 'recorded', numChannels: 2 });
  expect(made.turns.map(({ segment }) => segment.speaker).sort()).toEqual(['bot', 'user']);
  for (const { segment, file } of made.turns) {
    const channel = segment.speaker === 'user' ? 0 : 1;
    const epoch = made.epochs.find((each) => each.epoch === segment.clockEpoch);
    const start = segment.startFrame + (epoch?.sessionFrameOffset ?? 0);
    const turn = new Int16Array(Uint8Array.from(bytesOf(file).subarray(44)).buffer);
    const place = pcm.filter((_, index) => index % 2 === channel).subarray(start, start + turn.length);
    expect(
      Buffer.compare(Buffer.from(place.buffer, place.byteOffset, place.byteLength), Buffer.from(turn.buffer)),
    ).toBe(0);
  }
  expect(made.stretch.facts).toMatchObject({ durationMs: 500, channels: ['user'] });
  expect(bytesOf(made.stretch.file).length).toBe(44 + made.stretch.facts.samples * 2);

  const files = { wav: join(folder, 'session.wav'), opus: join(folder, 'session.opus') };
  await writeFile(files.wav, wav);
  await writeFile(files.opus, bytesOf(made.opus.file));
  expect(made.opus.type).toBe('audio/ogg');
  expect(await runOrThrow(['opusinfo', files.opus])).not.toMatch(/warning|hole|corrupt/i);
  for (const [file, samples] of [
    [files.wav, made.facts.samples],
    [files.opus, made.opus.facts.samples],
  ] as const) {
    const decoded = await runTool('ffmpeg', ['-v', 'error', '-xerror', '-i', file, '-f', 's16le', '-']);
    expect(decoded.length).toBe(samples * 4);
  }
  expect(await runOrThrow(['soxi', '-s', files.wav])).toBe(`${made.facts.samples}\n`);
  await writeFile(join(folder, 'session.zip'), bytesOf(made.zip));
  expect(await runOrThrow(['unzip', '-t', join(folder, 'session.zip')])).toContain('No errors detected');
  await runOrThrow(['unzip', '-q', join(folder, 'session.zip'), '-d', join(folder, 'unzipped')]);
  const unzipped = (name: string) => readFile(join(folder, 'unzipped', name));
  const about = JSON.parse((await unzipped('session.json')).toString()) as { segments: { file: string }[] };
  for (const [index, { file }] of about.segments.entries())
    expect(Buffer.compare(await unzipped(file), bytesOf(made.turns[index]?.file ?? ''))).toBe(0);
  expect(Buffer.compare(await unzipped('session.wav'), wav)).toBe(0);
  await rm(folder, { recursive: true });
});

test('[EXPORT-12] what a session of spoken turns takes is known from its turns within 5 %, whole and turn by turn', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page, troubles } = await openRecorderPage(browser, site);
  const { file } = (await makeSpeech()).microphones['three-turns-48000'] ?? { file: '' };
  const speech = (await readFile(file)).subarray(44).toString('base64');
  for (const bitrate of [24_000, 32_000]) {
    const made = await page.evaluate(
      async ({ speech, bitrate }) => {
        const { createRecorder, estimateBytes } = window.turntape;
        const recorder = await createRecorder({
          consent: 'granted',
          microphone: false,
          vad: { model: 'energy' },
          bitrate,
          record: { session: 'stereo' },
        });
        const session = await recorder.startSession();
        const samples = new Int16Array(Uint8Array.from(atob(speech), (char) => char.charCodeAt(0)).buffer);
        // A quiet room: some 40 dB below the voice, and the same in every run.
        for (let n = 0, state = 1; n < samples.length; n += 1) {
          state = (state * 16_807) % 2_147_483_647;
          samples[n] = Math.max(-32_768, Math.min(32_767, (samples[n] ?? 0) + (state / 2_147_483_647 - 0.5) * 90));
        }
        let ended = 0;
        const spoken = new Promise<void>((resolve) =>
          session.on('turn-end', () => {
            ended += 1;
            if (ended === 3) resolve();
          }),
        );
        for (let at = 0; at < samples.length; at += 4_800)
          session.user.write(samples.subarray(at, at + 4_800), { sampleRate: 48_000 });
        await spoken;
        await session.stop();
        const stored = await recorder.readSession(session.sessionId);
        const segments = stored?.segments ?? [];
        const { blob, facts } = await session.files.export({ format: 'opus' });
        const { durationMs } = facts;
        await recorder.dispose();
        const format = 'opus';
        const speechMs = segments.reduce((sum, segment) => sum + segment.durationMs, 0);
        return {
          turns: segments.length,
          turnBytes: segments.reduce((sum, { byteSize }) => sum + byteSize, 0),
          turnEstimate: segments.reduce(
            (sum, segment) => sum + estimateBytes({ format, bitrate, durationMs: segment.durationMs }),
            0,
          ),
          fileBytes: blob.size,
          // The bot has said nothing, and nothing was written of the user before and after the samples: longer on a busy machine.
          fileEstimate: estimateBytes({
            format,
            bitrate,
            durationMs,
            numChannels: 2,
            speechMs,
            silentMs: durationMs + Math.max(0, durationMs - samples.length / 48),
          }),
          unwrittenMs: durationMs - samples.length / 48,
        };
      },
      { speech, bitrate },
    );
    expect(made.turns).toBe(3);
    const off = { turns: made.turnEstimate / made.turnBytes - 1, file: made.fileEstimate / made.fileBytes - 1 };
    expect(Math.abs(off.turns), JSON.stringify({ bitrate, ...made, off })).toBeLessThanOrEqual(0.05);
    expect(Math.abs(off.file), JSON.stringify({ bitrate, ...made, off })).toBeLessThanOrEqual(0.05);
  }
  expect(troubles).toEqual([]);
  await browser.close();
  await site.close();
});
