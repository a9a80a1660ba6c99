import { TurntapeError } from '../../core/errors.ts';
import type { SegmentWire } from '../../core/wire.ts';
import { type HttpAnswer, fieldsOf } from './http-answer.ts';

/** What a backend takes, as it publishes it under `GET {base}/config`. What it does not say is not limited. */
export interface HttpLimits {
  /** `max_bytes`: of a segment's file. */
  readonly maxBytes: number | undefined;
  /** `max_json_bytes`: of a segment's metadata, a transcript, a session. */
  readonly maxJsonBytes: number | undefined;
  /** `formats`: of segments with a file. */
  readonly formats: readonly string[] | undefined;
}

/** A backend that publishes nothing. */
export const NO_LIMITS: HttpLimits = { maxBytes: undefined, maxJsonBytes: undefined, formats: undefined };

/** The limits that a successful answer of `GET {base}/config` publishes. */
export function readLimits({ body }: HttpAnswer): HttpLimits {
  const { max_bytes, max_json_bytes, formats } = fieldsOf(body);
  return {
    maxBytes: size(max_bytes),
    maxJsonBytes: size(max_json_bytes),
    formats: Array.isArray(formats) ? formats.filter((format) => typeof format === 'string') : undefined,
  };
}

/**
 * Refuses a segment that the backend would refuse, without sending it: a server that refuses a body early cuts the
 * line, and a browser then sees no 413 but a lost network.
 * @throws TurntapeError `rejected`
 */
export function checkSegmentLimits({ format }: SegmentWire, audio: Blob | undefined, limits: HttpLimits): void {
  const { maxBytes, formats } = limits;
  if (!audio) return;
  if (maxBytes !== undefined && audio.size > maxBytes)
    throw new TurntapeError('rejected', `the file has ${audio.size} bytes, the backend takes ${maxBytes}`, {
      field: 'audio',
    });
  if (formats && !formats.includes(format))
    throw new TurntapeError('rejected', `the backend takes ${formats.join(', ')}, the file is ${format}`, {
      field: 'format',
    });
}

/**
 * Refuses JSON that the backend would refuse.
 * @throws TurntapeError `rejected`
 */
export function checkJsonLimit(byteSize: number, field: string, { maxJsonBytes }: HttpLimits): void {
  if (maxJsonBytes !== undefined && byteSize > maxJsonBytes)
    throw new TurntapeError('rejected', `the ${field} has ${byteSize} bytes, the backend takes ${maxJsonBytes}`, {
      field,
    });
}

function size(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
}
