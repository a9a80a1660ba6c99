import { TurntapeError } from '../../core/errors.ts';

/** A context that was not allowed to start within this never will: it needs a gesture of the user. */
const START_MS = 5000;

/**
 * Settles when a context runs; one of ours is resumed for it. Rejects with what `resume()` threw. Error:
 * `audio_context_suspended`, when it does not run within five seconds.
 */
export async function contextRuns(context: AudioContext, ours: boolean): Promise<void> {
  if (context.state === 'running') return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new AbortController();
  const message = 'the audio context did not start: call startSession() from a click or a key press';
  const late = new Promise<never>((_, reject) => {
    const give = (): void => reject(new TurntapeError('audio_context_suspended', message, { retryable: true }));
    timer = setTimeout(give, START_MS);
  });
  const running = new Promise<void>((resolve) => {
    const look = (): void => (context.state === 'running' ? resolve() : undefined);
    context.addEventListener('statechange', look, { signal: over.signal });
  });
  try {
    // Only from 'suspended': resuming an 'interrupted' context freezes it in WebKit (WebAudio/web-audio-api 2585).
    await Promise.race([ours && context.state === 'suspended' ? context.resume() : running, late]);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}
