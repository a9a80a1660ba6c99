/**
 * How long a backend asks us to wait, in milliseconds. The header (seconds, or an HTTP date) where it can be read; over
 * CORS that needs `Access-Control-Expose-Headers`, so the body may repeat it as `error.retry_after_ms`.
 */
export function retryAfterMs(headers: Headers, inBody: unknown, nowMs: number): number | undefined {
  const header = headers.get('retry-after')?.trim();
  if (header !== undefined && /^\d+(\.\d+)?$/.test(header)) return Number(header) * 1000;
  if (typeof inBody === 'number' && Number.isFinite(inBody) && inBody >= 0) return inBody;
  const dateMs = header === undefined ? Number.NaN : Date.parse(header);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
