import { PLAY_RATE } from './lane-audio.ts';

/** A failure with a code of the SDK's, for which there is a text. */
class NoSound extends Error {
  readonly code: 'audio_context_failed' | 'audio_context_suspended';

  constructor(code: NoSound['code'], options?: ErrorOptions) {
    super('the browser gives this page no sound', options);
    this.code = code;
  }
}

/**
 * An AudioContext that runs, at the rate of what is played, so that a place is a whole sample. On a page that nobody has
 * touched yet the browser would let it wait for ever: that is said instead, and the button that asks again is the touch.
 */
export async function openContext(): Promise<AudioContext> {
  let context: AudioContext | undefined;
  try {
    context = new AudioContext({ sampleRate: PLAY_RATE, latencyHint: 'interactive' });
    const waits = context.resume();
    if (context.state === 'suspended' && !navigator.userActivation.hasBeenActive && !(await startsByItself(context))) {
      waits.catch(() => undefined);
      await context.close();
      throw new NoSound('audio_context_suspended');
    }
    await waits;
    return context;
  } catch (cause) {
    throw cause instanceof NoSound ? cause : new NoSound('audio_context_failed', { cause });
  }
}

/** A browser may be set to let pages play: then it starts within a moment. In milliseconds, many times that moment. */
const STARTS_WITHIN_MS = 1000;

function startsByItself(context: AudioContext): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(context.state === 'running'), STARTS_WITHIN_MS);
    context.addEventListener('statechange', () => {
      clearTimeout(timer);
      resolve(context.state === 'running');
    });
  });
}
