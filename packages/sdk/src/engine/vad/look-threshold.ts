/**
 * A look before a window is whole sees what begins, and a click begins like a voice. It must find speech by so much more
 * than a window, as long as the sound is young: at 0 looks started ten times as often at clicks of 40 ms as whole windows
 * do, at 0.2 as often. (Measured, as are all of these: `docs/decisions/0010-silence-in-time.md`.)
 */
const MARGIN = 0.2;
/** A sound of this length has outlasted most clicks: what is enough for a window is enough. */
const SOUND_MS = 32;
/** One that has lasted longer than a click of 40 ms, and two thirds of it are enough: an /s/, an /h/ before the vowel. */
const LASTING_MS = 56;
const LASTING_SHARE = 2 / 3;
/** A sound that has lasted longer than this began with something else: noise, music, the rest of an echo. */
const BEGINNING_MS = 160;

/** What a look must find, where a whole window needs `threshold`, in a sound that has lasted for `soundMs`. */
export function lookThreshold(threshold: number, soundMs: number): number {
  if (soundMs < SOUND_MS || soundMs > BEGINNING_MS) return threshold + MARGIN;
  return soundMs < LASTING_MS ? threshold : threshold * LASTING_SHARE;
}
