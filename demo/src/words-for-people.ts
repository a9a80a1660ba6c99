/** Values as people read them. */

const two = (value: number): string => String(value).padStart(2, '0');

/** `2.4 s`. */
export function seconds(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? '–' : `${(ms / 1000).toFixed(1)} s`;
}

/** `41 ms`, and from a second on `1.2 s`. */
export function milliseconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : seconds(ms);
}

/** `14:03`, and of another day `21 Nov, 14:03`: in the reader's own time and language. */
export function dayAndTime(atMs: number): string {
  const at = new Date(atMs);
  const today = at.toDateString() === new Date().toDateString();
  const day = today ? {} : ({ day: 'numeric', month: 'short' } as const);
  return at.toLocaleString(undefined, { ...day, hour: '2-digit', minute: '2-digit' });
}

/** `1:04`. */
export function runningTime(ms: number): string {
  const whole = Math.floor(ms / 1000);
  return `${Math.floor(whole / 60)}:${two(whole % 60)}`;
}

/** `11.2 kB`. */
export function kilobytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return '–';
  return bytes === 0 ? 'no audio' : `${(bytes / 1000).toFixed(1)} kB`;
}

/** The first eight digits of a hash: enough to see that two are the same. */
export function shortHash(sha256: string | null | undefined): string {
  return sha256 ? sha256.slice(0, 8) : '–';
}

/** `14:03:21.482` in the reader's own time. */
export function clockTime(atMs: number): string {
  const at = new Date(atMs);
  const millis = String(at.getMilliseconds()).padStart(3, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${millis}`;
}
