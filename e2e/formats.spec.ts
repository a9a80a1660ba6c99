import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Browser,
  type BrowserContext,
  type Page,
  type Route,
  chromium,
  expect,
  firefox,
  test,
} from '@playwright/test';
import { chromiumPath, findFirefox } from '../scripts/browser.mjs';
import type { Site } from './fixtures/serve.mjs';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { runTool } from './fixtures/speak.mjs';
import { FORMAT_CASES, channelsOf, formatCase, formatOf } from './support/format-cases.ts';
import { launchBrowser } from './support/launch-browser.ts';
import { type FormatFile, makeFormatFile, makeGivenFile } from './support/make-format-file.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { teachSteps } from './support/page-steps.ts';
import { decodeAudio } from './support/read-audio.ts';
import { runToEnd } from './support/tool.ts';

/** Every format, engine and rate, as a whole session writes it, opened with what others will open it with. */

let folder: string;
const made: FormatFile[] = [];
/** What could not be made, and at which step: the rest is opened all the same. */
const notMade: string[] = [];
const troubles: string[] = [];

test.beforeAll(async () => {
  test.setTimeout(400_000);
  folder = await mkdtemp(join(tmpdir(), 'turntape-formats-'));
  const { replies } = await makeSpeech();
  const speech = (await readFile(replies[0]?.file ?? '')).toString('base64');
  const site = await openSite();
  let open: { context: BrowserContext; page: Page; bare: boolean } | undefined;
  for (const each of FORMAT_CASES) {
    const { name, bare = false, packetsOf } = each;
    try {
      if (open?.bare !== bare) {
        await open?.context.close();
        open = undefined;
        open = await openBrowser(site, bare);
      }
      const { page } = open;
      const other = made.find((file) => file.name === packetsOf);
      if (packetsOf !== undefined && !other) throw new Error(`there is no ${packetsOf}`);
      made.push(
        other ? await makeGivenFile(page, folder, each, other) : await makeFormatFile(page, folder, each, speech),
      );
    } catch (thrown) {
      notMade.push(`${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      // What is still going on in it is no company for the next.
      await open?.context.close();
      open = undefined;
    }
  }
  await open?.context.close();
  await site.close();
});

/** `bare`: its engine is as in a browser without WebCodecs: Safari before 26, Firefox for Android. */
async function openBrowser(site: Site, bare: boolean): Promise<{ context: BrowserContext; page: Page; bare: boolean }> {
  const context = await launchBrowser({ microphone: 'absent' });
  await teachSteps(context);
  if (bare) await context.route('**/engine.worker.js*', withoutWebCodecs);
  const { page, troubles: said } = await openRecorderPage(context, site);
  context.once('close', () => troubles.push(...said));
  return { context, page, bare };
}

async function withoutWebCodecs(route: Route): Promise<void> {
  const response = await route.fetch();
  const body = `delete globalThis.AudioEncoder; delete globalThis.AudioDecoder;\n${await response.text()}`;
  await route.fulfill({ response, body });
}

test.afterAll(() => rm(folder, { recursive: true, force: true }));

test('[DECODE-1] ffprobe and ffmpeg find the codec, the rate and exactly the samples of the facts in every file', async () => {
  expect.soft(notMade).toEqual([]);
  expect.soft(troubles).toEqual([]);
  expect.soft(made.length + notMade.length).toBe(FORMAT_CASES.length);
  for (const { name, path, samples } of made) {
    const audio = await decodeAudio(path);
    const { codec, rate } = formatCase(name);
    const found = { codec: audio.codec, rate: audio.sampleRate, samples: audio.samples.length };
    expect({ name, ...found, numChannels: audio.numChannels }).toEqual({
      name,
      codec,
      rate,
      samples,
      numChannels: channelsOf(formatCase(name)),
    });
    expect(samples).toBeGreaterThan(rate);
    // What opusinfo has to complain of, other readers may stumble over.
    if (codec === 'opus') {
      const { output, code: status } = await runToEnd(['opusinfo', path]);
      expect(output, name).not.toMatch(/warning|error|hole|corrupt|invalid|negative/i);
      expect(status, name).toBe(0);
    }
    // As many arguments as a machine that stood still makes samples would not fit on the stack.
    expect(
      audio.samples.some((sample) => sample > 2_000),
      `${name} is silent`,
    ).toBe(true);
  }
});

test('[DECODE-2] the facts say which engine and which settings made the file', () => {
  const facts = new Map(made.map(({ name, facts }) => [name, facts]));
  const expected = {
    'opus-webcodecs': { engine: 'webcodecs', codec: 'opus', complexity: 9, frameMs: 20 },
    'opus-wasm': { engine: 'wasm', library: /libopus/, preSkip: 312 },
    'opus-wasm-60': { engine: 'wasm', frameMs: 60 },
    'opus-given': { engine: 'passthrough', codec: 'opus', preSkip: 312 },
    'wav-16000': { engine: 'turntape', codec: 'pcm_s16le', sampleRate: 16_000 },
    'stereo-to-stereo-opus': { engine: 'webcodecs', passedThrough: true },
    'stereo-to-stereo-mp3': { codec: 'mp3', bitrate: 128_000, bitrateMode: 'constant' },
    'bare-mono-opus': { codec: 'opus', passedThrough: false },
    'mp3-44100': { engine: 'wasm', codec: 'mp3', bitrate: 64_000, sampleRate: 44_100 },
  };
  for (const [name, each] of Object.entries(expected)) {
    // What was not made is DECODE-1's to say.
    if (formatCase(name) && facts.has(name)) expect(facts.get(name), name).toMatchObject(each);
  }
});

test('[DECODE-3] sox reads every file that it has a reader for: WAV and MP3, and Opus where it was built with it', async () => {
  const { output: help } = await runToEnd(['sox', '--help']);
  const formats = /AUDIO FILE FORMATS: (.*)/.exec(help)?.[1]?.split(' ') ?? [];
  expect(formats, 'apt-get install libsox-fmt-mp3').toContain('mp3');
  let read = 0;
  for (const { name, path, samples } of made) {
    const format = formatOf(formatCase(name));
    const { rate } = formatCase(name);
    if (!formats.includes(format)) {
      // Debian's sox is built without libopusfile.
      expect(format).toBe('opus');
      test.info().annotations.push({ type: 'not read', description: `sox has no reader for ${format}` });
      continue;
    }
    const raw = await runTool('sox', ['-t', format, path, '-t', 's16', '-']);
    // Sox plays the delay of an MP3 file as silence, at both ends.
    const most = format === 'mp3' ? samples + 4 * 1_152 : samples;
    const heard = raw.length / 2 / channelsOf(formatCase(name));
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
    const { rate } = formatCase(name);
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
  made.map(({ name }) => ({ name, seconds: true, samples: 0, numChannels: channelsOf(formatCase(name)) }));

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
