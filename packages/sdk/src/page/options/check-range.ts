import type { RedactionRange } from '../../core/redaction.ts';
import { asArgument } from './as-argument.ts';
import { check } from './option-checks.ts';

/** Checks what `session.redact()` was given. Error: `invalid_argument`, with the field at fault. */
export function checkRange(range: RedactionRange): RedactionRange {
  return asArgument(() => {
    const given = check.object(range, 'range', ['fromMs', 'toMs', 'speaker']);
    const fromMs = check.number(given['fromMs'], 'range.fromMs', 0, Number.MAX_SAFE_INTEGER);
    const toMs = check.number(given['toMs'], 'range.toMs', fromMs, Number.MAX_SAFE_INTEGER);
    const { speaker } = given;
    if (speaker === undefined) return { fromMs, toMs };
    return { fromMs, toMs, speaker: check.oneOf(speaker, 'range.speaker', ['user', 'bot'] as const) };
  });
}
