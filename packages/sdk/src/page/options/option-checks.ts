import { TurntapeError } from '../../core/errors.ts';
import { MP3_RATES } from '../../core/mp3-rates.ts';
import type { SegmentFormat } from '../../core/segment.ts';

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value;
}

function invalid(field: string, wanted: string, value: unknown): TurntapeError {
  return new TurntapeError('invalid_option', `${field} must be ${wanted}, not ${shown(value)}`, { field });
}

/** Checks of single values. Each returns the value with its type, or throws an error that names the field. */
export const check = {
  /** A plain object; with `keys`, one that has no others: a misspelt option is said, not ignored. */
  object(value: unknown, field: string, keys?: readonly string[]): Record<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(field, 'an object', value);
    const unknown = keys && Object.keys(value).find((key) => !keys.includes(key));
    if (unknown !== undefined) {
      const path = field === 'options' ? unknown : `${field}.${unknown}`;
      throw new TurntapeError('unknown_option', `${path} is no option; there are ${keys?.join(', ')}`, { field: path });
    }
    return value as Record<string, unknown>;
  },

  number(value: unknown, field: string, min: number, max: number): number {
    if (typeof value !== 'number' || !(value >= min && value <= max))
      throw invalid(field, `a number from ${min} to ${max}`, value);
    return value;
  },

  integer(value: unknown, field: string, min: number, max: number): number {
    if (!Number.isInteger(value)) throw invalid(field, `a whole number from ${min} to ${max}`, value);
    return check.number(value, field, min, max);
  },

  boolean(value: unknown, field: string): boolean {
    if (typeof value !== 'boolean') throw invalid(field, 'true or false', value);
    return value;
  },

  oneOf<const Choice extends string>(value: unknown, field: string, choices: readonly Choice[]): Choice {
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw invalid(field, choices.map((choice) => `'${choice}'`).join(' or '), value);
    return found;
  },

  format(value: unknown): SegmentFormat {
    if (value === 'opus' || value === 'wav' || value === 'mp3') return value;
    const message = `format must be 'opus', 'wav' or 'mp3', not ${shown(value)}`;
    throw new TurntapeError('unsupported_format', message, { field: 'format' });
  },

  /** The rate of a file, in Hz: of MP3 one that it has. */
  fileRate(value: unknown, field: string, format: SegmentFormat): number {
    const rate = check.integer(value, field, 8000, 48_000);
    if (format !== 'mp3' || MP3_RATES.includes(rate)) return rate;
    throw invalid(field, `one of ${MP3_RATES.join(', ')} for MP3`, rate);
  },

  method(value: object, field: string, name: string): void {
    if (typeof (value as Record<string, unknown>)[name] !== 'function')
      throw invalid(field, `an object with a ${name}() method`, value);
  },
};

/** Session ids, like all our ids, are UUIDs: they become file names, keys and columns of that type. */
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
