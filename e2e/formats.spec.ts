import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type Page, chromium, expect, firefox, test } from '@playwright/test';
import type { ExportOptions, RecorderOptions, SessionFileFormat, SessionLayout } from 'turntape';
import { readOggOpus } from 'turntape/codecs';
import { chromiumPath, findFirefox } from '../scripts/browser.mjs';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { runTool } from './fixtures/speak.mjs';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { decodeAudio } from './support/read-audio.ts';
import { runToEnd } from './support/tool.ts';

/** Every format, engine and rate, as a whole session writes it, opened with what others will open it with. */

type FormatOptions = Pick<RecorderOptions, 'format' | 'sampleRate' | 'encoder'>;

interface Case extends FormatOptions {
  name: string;
  /** Of the file, in Hz. */
  rate: number;
  codec: string;
  /** The whole session in one file, instead of the turn's. */
  session?: { kept: SessionLayout; made: ExportOptions & { format: SessionFileFormat } };
  /** In a browser without AudioEncoder and AudioDecoder. */
  bare?: boolean;
  /** The bot is given the packets of another case's file, and they are kept as they are. */
  packetsOf?: string;
}

const CASES: readonly Case[] = [
  { name: 'opus-webcodecs', format: 'opus', encoder: { engine: 'webcodecs' }, rate: 48_000, codec: 'opus' },
  { name: 'opus-wasm', format: 'opus', encoder: { engine: 'wasm' }, rate: 48_000, codec: 'opus' },
  { name: 'opus-wasm-60', format: 'opus', encoder: { engine: 'wasm', frameMs: 60 }, rate: 48_000, codec: 'opus' },
  { name: 'opus-given', format: 'opus', packetsOf: 'opus-wasm', rate: 48_000, codec: 'opus' },
  { name: 'opus-given-60', format: 'opus', packetsOf: 'opus-wasm-60', rate: 48_000, codec: 'opus' },
  ...[8_000, 16_000, 22_050, 44_100, 48_000].map((rate) => wav(rate)),
  ...[8_000, 16_000, 24_000, 44_100, 48_000].map((rate) => mp3(rate)),
  whole('stereo', { layout: 'stereo', format: 'opus' }, 48_000, 'opus'),
  whole('stereo', { layout: 'mono', format: 'opus' }, 48_000, 'opus'),
  whole('stereo', { layout: 'stereo', format: 'wav', sampleRate: 44_100 }, 44_100, 'pcm_s16le'),
  whole('stereo', { layout: 'stereo', format: 'mp3' }, 48_000, 'mp3'),
  whole('mono', { layout: 'mono', format: 'mp3', sampleRate: 22_050 }, 22_050, 'mp3'),
  { ...whole('stereo', { layout: 'mono', format: 'opus' }, 48_000, 'opus'), name: 'bare-mono-opus', bare: true },
  { ...whole('stereo', { layout: 'stereo', format: 'wav' }, 48_000, 'pcm_s16le'), name: 'bare-stereo-wav', bare: true },
];

function whole(kept: SessionLayout, made: NonNullable<Case['session']>['made'], rate: number, codec: string): Case {
  return { name: `${kept}-to-${made.layout}-${made.format}`, format: 'opus', session: { kept, made }, rate, codec };
}

const formatOf = ({ format = 'opus', session }: Case): SessionFileFormat => session?.made.format ?? format;
const channelsOf = ({ session }: Case): number => (session?.made.layout === 'stereo' ? 2 : 1);

function wav(rate: number) {
  return { name: `wav-${rate}`, format: 'wav', sampleRate: rate, rate, codec: 'pcm_s16le' } as const;
}

function mp3(rate: number) {
  return { name: `mp3-${rate}`, format: 'mp3', sampleRate: rate, rate, codec: 'mp3' } as const;
}

interface Made {
  name: string;
  path: string;
  /** What the segment's facts say. */
  samples: number;
  facts: Record<string, unknown>;
}

const ENDING = { opus: 'ogg', wav: 'wav', mp3: 'mp3' } as const;

let folder: string;
const made: Made[] = [];
const sayings = new Map<string, string[]>();

test.beforeAll(async () => {
  test.setTimeout(120_000);
  folder = await mkdtemp(join(tmpdir(), 'turntape-formats-'));
  const { replies } = await makeSpeech();
  const speech = (await readFile(replies[0]?.file ?? '')).toString('base64');
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page, troubles } = await openRecorderPage(browser, site);
  let isBare = false;
  for (const each of CASES) {
    const { name, rate, codec: _codec, session, bare = false, packetsOf, ...format } = each;
    if (packetsOf !== undefined) {
      made.push(await givenAsOpus(page, name, packetsOf));
      continue;
    }
    if (bare && !isBare) await withoutWebCodecs(page);
    isBare = bare;
    const result = await page.evaluate(
      async ({ format, speech, session: whole }) => {
        const options = { consent: 'granted', microphone: false, vad: false, turns: { mode: 'continuous' } } as const;
        const record = { session: whole?.kept ?? false } as const;
        const recorder = await window.turntape.createRecorder({ ...options, ...format, record });
        const session = await recorder.startSession();
        const errors: string[] = [];
        session.on('error', ({ error }) => errors.push(`${error.code}: ${error.message}`));
        const samples = new Int16Array(Uint8Array.from(atob(speech), (char) => char.charCodeAt(0)).buffer);
        session.user.write(samples, { sampleRate: 24_000 });
        // The clock has begun, and with it the track.
        await new Promise((resolve) => session.on('turn-start', resolve));
        await session.stop();
        const [stored] = (await recorder.sessions()).filter((each) => each.session.sessionId === session.sessionId);
        const [segment] = stored?.segments ?? [];
        const turn = segment && {
          audio: await recorder.readAudio(segment.segmentId),
          durationMs: segment.durationMs,
          encoder: segment.capture.encoder,
        };
        const file = whole && (await session.files.export(whole.made));
        const made = file
          ? { audio: await file.blob.arrayBuffer(), durationMs: file.facts.durationMs, encoder: file.facts.encoder }
          : turn;
        await recorder.dispose();
        const bytes = Array.from(new Uint8Array(made?.audio ?? new ArrayBuffer(0)), (byte) =>
          String.fromCharCode(byte),
        );
        return { made, errors, base64: btoa(bytes.join('')) };
      },
      { format, speech, session },
    );
    expect(result.errors).toEqual([]);
    if (!result.made) throw new Error(`${name}: nothing was kept`);
    const path = join(folder, `${name}.${ENDING[formatOf(each)]}`);
    await writeFile(path, Buffer.from(result.base64, 'base64'));
    const samples = Math.round((result.made.durationMs / 1000) * rate);
    made.push({ name, path, samples, facts: result.made.encoder });
  }
  sayings.set('troubles', troubles);
  await browser.close();
  await site.close();
});

/** What the bot is given of another file, a good second of it, played whole, as it is kept. */
async function givenAsOpus(page: Page, name: string, other: string): Promise<Made> {
  const source = made.find((each) => each.name === other);
  const { packets } = readOggOpus(await readFile(source?.path ?? ''));
  const said = packets.slice(0, 1200 / (caseOf(other).encoder?.frameMs ?? 20));
  const result = await page.evaluate(
    async (packets) => {
      const recorder = await window.turntape.createRecorder({ consent: 'granted', microphone: false, vad: false });
      // A machine that stops for a moment lets the player run dry: what is heard then is not what was given.
      for (let tries = 0; tries < 20; tries += 1) {
        const session = await recorder.startSession();
        const utterance = session.bot.begin();
        for (const packet of packets) {
          const bytes = Uint8Array.from(atob(packet), (char) => char.charCodeAt(0));
          utterance.write(bytes, { encoding: 'opus', preSkip: 312 });
        }
        utterance.end();
        await utterance.done;
        await session.stop();
        const stored = await recorder.readSession(session.sessionId);
        const segment = stored?.segments.find(({ speaker }) => speaker === 'bot');
        if (!segment || segment.capture.encoder['engine'] !== 'passthrough') continue;
        const { segmentId, durationMs, capture } = segment;
        const bytes = Array.from(new Uint8Array((await recorder.readAudio(segmentId)) ?? new ArrayBuffer(0)));
        await recorder.dispose();
        return { bytes, durationMs, facts: capture.encoder };
      }
      throw new Error('the packets were never played whole');
    },
    said.map((packet) => Buffer.from(packet).toString('base64')),
  );
  const path = join(folder, `${name}.ogg`);
  await writeFile(path, Buffer.from(result.bytes));
  expect(readOggOpus(Buffer.from(result.bytes)).packets).toEqual(said);
  return { name, path, samples: Math.round(result.durationMs * 48), facts: result.facts };
}

test.afterAll(() => rm(folder, { recursive: true, force: true }));

function caseOf(name: string): Case {
  const found = CASES.find((each) => each.name === name);
  if (!found) throw new Error(`there is no case ${name}`);
  return found;
}

/** The engine of this page as in a browser that has no WebCodecs: Safari before 26, Firefox for Android. */
async function withoutWebCodecs(page: Page): Promise<void> {
  await page.route('**/engine.worker.js*', async (route) => {
    const response = await route.fetch();
    const body = `delete globalThis.AudioEncoder; delete globalThis.AudioDecoder;\n${await response.text()}`;
    await route.fulfill({ response, body });
  });
  await page.reload();
  await page.waitForFunction(() => 'turntape' in window);
}

test('[DECODE-1] ffprobe and ffmpeg find the codec, the rate and exactly the samples of the facts in every file', async () => {
  expect(made).toHaveLength(CASES.length);
  expect(sayings.get('troubles')).toEqual([]);
  for (const { name, path, samples } of made) {
    const audio = await decodeAudio(path);
    const { codec, rate } = caseOf(name);
    const found = { codec: audio.codec, rate: audio.sampleRate, samples: audio.samples.length };
    expect({ name, ...found, numChannels: audio.numChannels }).toEqual({
      name,
      codec,
      rate,
      samples,
      numChannels: channelsOf(caseOf(name)),
    });
    expect(samples).toBeGreaterThan(rate);
    // What opusinfo has to complain of, other readers may stumble over.
    if (codec === 'opus') {
      const { output, code: status } = await runToEnd(['opusinfo', path]);
      expect(output, name).not.toMatch(/warning|error|hole|corrupt|invalid|negative/i);
      expect(status, name).toBe(0);
    }
    expect(Math.max(...audio.samples)).toBeGreaterThan(2_000);
  }
});

test('[DECODE-2] the facts say which engine and which settings made the file', () => {
  const facts = new Map(made.map(({ name, facts }) => [name, facts]));
  expect(facts.get('opus-webcodecs')).toMatchObject({ engine: 'webcodecs', codec: 'opus', complexity: 9, frameMs: 20 });
  expect(facts.get('opus-wasm')).toMatchObject({ engine: 'wasm', library: /libopus/, preSkip: 312 });
  expect(facts.get('opus-wasm-60')).toMatchObject({ engine: 'wasm', frameMs: 60 });
  expect(facts.get('opus-given')).toMatchObject({ engine: 'passthrough', codec: 'opus', preSkip: 312 });
  expect(facts.get('wav-16000')).toMatchObject({ engine: 'turntape', codec: 'pcm_s16le', sampleRate: 16_000 });
  expect(facts.get('stereo-to-stereo-opus')).toMatchObject({ engine: 'webcodecs', passedThrough: true });
  expect(facts.get('stereo-to-stereo-mp3')).toMatchObject({ codec: 'mp3', bitrate: 128_000, bitrateMode: 'constant' });
  expect(facts.get('bare-mono-opus')).toMatchObject({ codec: 'opus', passedThrough: false });
  expect(facts.get('mp3-44100')).toMatchObject({ engine: 'wasm', codec: 'mp3', bitrate: 64_000, sampleRate: 44_100 });
});

test('[DECODE-3] sox reads every file that it has a reader for: WAV and MP3, and Opus where it was built with it', async () => {
  const { output: help } = await runToEnd(['sox', '--help']);
  const formats = /AUDIO FILE FORMATS: (.*)/.exec(help)?.[1]?.split(' ') ?? [];
  expect(formats, 'apt-get install libsox-fmt-mp3').toContain('mp3');
  let read = 0;
  for (const { name, path, samples } of made) {
    const format = formatOf(caseOf(name));
    const { rate } = caseOf(name);
    if (!formats.includes(format)) {
      // Debian's sox is built without libopusfile.
      expect(format).toBe('opus');
      test.info().annotations.push({ type: 'not read', description: `sox has no reader for ${format}` });
      continue;
    }
    const raw = await runTool('sox', ['-t', format, path, '-t', 's16', '-']);
    // Sox plays the delay of an MP3 file as silence, at both ends.
    const most = format === 'mp3' ? samples + 4 * 1_152 : samples;
    const heard = raw.length / 2 / channelsOf(caseOf(name));
    expect(heard, `${name} at ${rate}`).toBeGreaterThanOrEqual(samples);
    expect(heard, name).toBeLessThanOrEqual(most);
    read += 1;
  }
  expect(read).toBeGreaterThan(4);
});

/** What a browser makes of every file: by an `<audio>` element, to its end, and by `decodeAudioData`. */
async function openAll(browser: Browser): Promise<unknown[]> {
  const site = await openSite({ folders: { '/made/': folder } });
  const page = await browser.newPage();
  await page.goto(`${site.url}/made/none.html`).catch(() => undefined);
  const opened: unknown[] = [];
  for (const { name, path, samples } of made) {
    const { rate } = caseOf(name);
    const url = `${site.url}/made/${path.split('/').at(-1) ?? ''}`;
    const found = await page.evaluate(
      async ({ url, rate }) => {
        const response = await fetch(url);
        const bytes = await response.arrayBuffer();
        const audio = new Audio();
        const told = (type: string): Promise<void> =>
          new Promise((resolve, reject) => {
            audio.addEventListener(type, () => resolve(), { once: true });
            audio.addEventListener('error', () => reject(new Error(audio.error?.message ?? 'no reason given')));
          });
        const ready = told('canplaythrough');
        audio.preload = 'auto';
        // A blob can be read from any place, as a file of a server with ranges: an end that is not found has no duration.
        audio.src = URL.createObjectURL(new Blob([bytes], { type: response.headers.get('content-type') ?? '' }));
        audio.load();
        await ready;
        const { duration } = audio;
        const sought = told('seeked');
        audio.currentTime = Math.max(0, duration - 0.05);
        await sought;
        const decoded = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes);
        return { duration, samples: decoded.length, numChannels: decoded.numberOfChannels };
      },
      { url, rate },
    );
    const seconds = Math.abs(found.duration - samples / rate) < 0.06;
    opened.push({ name, seconds, samples: found.samples - samples, numChannels: found.numChannels });
  }
  await site.close();
  return opened;
}

const everyFile = () =>
  made.map(({ name }) => ({ name, seconds: true, samples: 0, numChannels: channelsOf(caseOf(name)) }));

test('[DECODE-4] Chromium plays every file to its end and decodes exactly its samples', async () => {
  const browser = await chromium.launch({
    ...(chromiumPath && { executablePath: chromiumPath }),
    args: ['--no-sandbox'],
  });
  try {
    expect(await openAll(browser)).toEqual(everyFile());
  } finally {
    await browser.close();
  }
});

test('[DECODE-5] Firefox plays every file to its end and decodes exactly its samples', async () => {
  const executablePath = findFirefox();
  test.skip(executablePath === undefined, 'needs Firefox: apt-get install firefox-esr, or set FIREFOX_PATH');
  const browser = await firefox.launch({
    channel: 'moz-firefox',
    ...(executablePath && { executablePath }),
    headless: true,
  });
  try {
    expect(await openAll(browser)).toEqual(everyFile());
  } finally {
    await browser.close();
  }
});
