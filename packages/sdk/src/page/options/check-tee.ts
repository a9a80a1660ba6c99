import { TEE_DEFAULTS, type TeeOptions, type TeeSettings } from '../../core/messages/tee.ts';
import { asArgument } from './as-argument.ts';
import { check } from './option-checks.ts';

/** Checks what `session.user.tee()` was given. Error: `invalid_argument`, with the field at fault. */
export function checkTee(options: TeeOptions): TeeSettings {
  return asArgument(() => {
    const given = { ...TEE_DEFAULTS, ...check.object(options, 'tee', Object.keys(TEE_DEFAULTS)) };
    return {
      sampleRate: check.integer(given.sampleRate, 'tee.sampleRate', 8000, 48_000),
      frameMs: check.integer(given.frameMs, 'tee.frameMs', 20, 100),
      format: check.oneOf(given.format, 'tee.format', ['i16', 'f32']),
    };
  });
}
