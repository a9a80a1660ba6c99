/** Values as people read them. */

/** `2.4 s`. */
export function seconds(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? '–' : `${(ms / 1000).toFixed(1)} s`;
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

const two = (value: number): string => String(value).padStart(2, '0');

/** `14:03:21.482` in the reader's own time. */
export function clockTime(atMs: number): string {
  const at = new Date(atMs);
  const millis = String(at.getMilliseconds()).padStart(3, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${millis}`;
}
