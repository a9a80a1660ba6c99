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
export async function launchFirefox({ microphone }: { microphone: { file: string } }): Promise<SpokenTo> {
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
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= browser.close().then(() => sink.close()));
  // Settles with the first word; a test that fails before it closes the sink instead.
  void sink.speak(microphone.file);
  return { browser, speak: (file) => sink.speak(file), close, [Symbol.asyncDispose]: close };
}
