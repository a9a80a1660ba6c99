/**
 * Resumes a context, only from 'suspended'. In WebKit a `resume()` of an 'interrupted' context fails, and the next one
 * leaves it 'running' with a clock that stands still: https://github.com/WebAudio/web-audio-api/issues/2585. When the
 * system gives the sound back the state changes by itself.
 */
export async function resumeSuspended(context: AudioContext): Promise<void> {
  if (context.state === 'suspended') await context.resume();
}
