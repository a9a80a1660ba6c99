import { chromium, type BrowserContext } from '@playwright/test';
import { chromiumPath } from '../../scripts/browser.mjs';

/** How the browser answers a page that asks for the microphone. */
export type Microphone =
  /** A WAV file, played once from the moment the microphone is opened; silence after its end. */
  | { file: string }
  /** The person refuses. */
  | 'denied'
  /** There is none. */
  | 'absent';

export interface BrowserOptions {
  microphone: Microphone;
  /** A folder that keeps what the browser stores, for a second start. Default: a new one, gone when it closes. */
  profile?: string;
  /** A PulseAudio server that the browser plays to. Default: it plays to its own null sink, muted. */
  soundServer?: string;
}

/**
 * Starts a Chromium of its own with one window. Sound goes to its null sink; audio may start without a click. Close the
 * context and the browser is gone.
 */
export async function launchBrowser({
  microphone,
  profile = '',
  soundServer,
}: BrowserOptions): Promise<BrowserContext> {
  if (chromiumPath === undefined) throw new Error('No Chromium was found: see scripts/browser.mjs.');
  return chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath,
    headless: true,
    ...(soundServer === undefined
      ? {}
      : { ignoreDefaultArgs: ['--mute-audio'], env: { ...process.env, PULSE_SERVER: soundServer } }),
    args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', ...microphoneFlags(microphone)],
  });
}

function microphoneFlags(microphone: Microphone): string[] {
  if (microphone === 'absent') return ['--use-fake-ui-for-media-stream'];
  const device = '--use-fake-device-for-media-stream';
  if (microphone === 'denied') return [device, '--use-fake-ui-for-media-stream=deny'];
  return [device, '--use-fake-ui-for-media-stream', `--use-file-for-fake-audio-capture=${microphone.file}%noloop`];
}
