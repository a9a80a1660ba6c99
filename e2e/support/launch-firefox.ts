import { readFile } from 'node:fs/promises';
import { type BrowserContext, firefox } from '@playwright/test';
import { findFirefox } from '../../scripts/browser.mjs';
import { openNullSink, whyNoNullSink } from './null-sink.ts';

/** A Firefox with a sound card of its own, on which somebody speaks. */
export interface SpokenTo extends AsyncDisposable {
  browser: BrowserContext;
  /** Plays a WAV file into the microphone as soon as the page opens it. */
  speak(file: string): Promise<void>;
  close(): Promise<void>;
}

/** A Firefox that runs longer is killed, and its test fails. The longest of the normal run took 52 s at a load of 19. */
const LIMIT_MS = 90_000;

/** The newest Firefox that this process has started; Playwright does not tell. */
async function ownFirefox(): Promise<number | undefined> {
  const children = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8');
  const found: number[] = [];
  for (const pid of children.split(' ').filter(Boolean)) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    if (command.includes('--remote-debugging-port')) found.push(Number(pid));
  }
  return found.at(-1);
}

/** Why the tests in Firefox cannot be run here, for `test.skip`; undefined when they can. */
export function whyNoFirefox(): string | undefined {
  if (findFirefox() === undefined) return 'needs Firefox: apt-get install firefox-esr, or set FIREFOX_PATH';
  return whyNoNullSink();
}

/**
 * Starts the installed Firefox, over WebDriver BiDi, with one window. It has no fake microphone that plays a file, and its
 * audio clock stands still without an output: a PulseAudio of its own is both. The file is played once from the moment
 * the page opens the microphone. Audio may start without a click, and nobody is asked for the microphone.
 */
export async function launchFirefox({
  microphone,
  limitMs = LIMIT_MS,
}: {
  microphone: { file: string };
  limitMs?: number;
}): Promise<SpokenTo> {
  const executablePath = findFirefox();
  if (executablePath === undefined) throw new Error('No Firefox was found: see scripts/browser.mjs.');
  const sink = await openNullSink();
  const browser = await firefox.launchPersistentContext('', {
    channel: 'moz-firefox',
    executablePath,
    headless: true,
    env: { ...process.env, PULSE_SERVER: sink.server },
    firefoxUserPrefs: {
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
      'media.autoplay.blocking_policy': 0,
    },
  });
  // One that hangs does not even close: the test would never end.
  const pid = await ownFirefox();
  let killed = false;
  const watchdog = setTimeout(() => {
    if (pid === undefined) return;
    killed = true;
    process.stderr.write(`Firefox has not ended within ${limitMs} ms and is killed: what waits for it fails\n`);
    process.kill(pid, 'SIGKILL');
  }, limitMs);
  const closeBoth = async (): Promise<void> => {
    try {
      await browser.close();
    } catch (thrown) {
      // What failed of it comes first: an error of ours would hide its message (`SuppressedError`).
      if (!killed) throw thrown;
    } finally {
      clearTimeout(watchdog);
      await sink.close();
    }
  };
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= closeBoth());
  // Settles with the first word; a test that fails before it closes the sink instead.
  void sink.speak(microphone.file);
  return { browser, speak: (file) => sink.speak(file), close, [Symbol.asyncDispose]: close };
}
