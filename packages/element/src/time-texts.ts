const two = (value: number): string => String(value).padStart(2, '0');

/** `1:04`: a place in the session. From an hour on `1:02:04`. */
export function runningTime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  if (hours > 0) return `${hours}:${two(minutes % 60)}:${two(seconds % 60)}`;
  return `${minutes}:${two(seconds % 60)}`;
}

/** What is still to come, in whole seconds: `1 s`, `42 s`, and from a minute on `1:04 min`. Counted up, so that it ends at 1. */
export function countdownText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${runningTime(seconds * 1000)} min`;
}

/** `4.2 s`, and from a minute on `1:04 min`. */
export function durationText(ms: number): string {
  const tenths = Math.round(ms / 100) / 10;
  if (tenths < 60) return `${tenths.toFixed(1)} s`;
  return `${runningTime(ms)} min`;
}
