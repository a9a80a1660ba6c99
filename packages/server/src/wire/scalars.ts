import * as v from 'valibot';

/** A UUID of any version, in lower case: it becomes part of a path and of a key. */
export const uuid = v.pipe(
  v.string('must be a UUID'),
  v.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'must be a UUID'),
  v.toLowerCase(),
);

/**
 * A wall time of the years 1970 to 9999, RFC 3339, given on to SQL in UTC with milliseconds. Parsed here, since
 * PostgreSQL refuses dates that JavaScript rolls over (the 30th of February).
 */
export const wallTime = v.pipe(
  v.string('must be an RFC 3339 time'),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/, 'must be an RFC 3339 time'),
  v.check((text) => Date.parse(text) >= 0, 'must be a time of the years 1970 to 9999'),
  v.transform((text) => new Date(text).toISOString()),
);

/** Who speaks. */
export const SPEAKERS = ['user', 'bot'] as const;

/** A place in time relative to another, in milliseconds. */
export const offsetMs = v.pipe(v.number('must be a number of milliseconds'), v.finite('must be finite'));

/** A length of time, in milliseconds. */
export const milliseconds = v.pipe(offsetMs, v.minValue(0, 'must not be negative'));

/** A whole number that fits PostgreSQL's INTEGER. */
export const wholeNumber = (least: number, most = 2_147_483_647) =>
  v.pipe(
    v.number('must be a number'),
    v.integer('must be a whole number'),
    v.minValue(least, `must be at least ${least}`),
    v.maxValue(most, `must be at most ${most}`),
  );

/** From nothing to all. */
export const ratio = v.pipe(
  v.number('must be a number'),
  v.minValue(0, 'must be 0 to 1'),
  v.maxValue(1, 'must be 0 to 1'),
);

/** A frame of the capture clock. */
export const frame = v.pipe(v.number('must be a frame number'), v.safeInteger('must be a whole number'));

/** Hz. 8000 is the telephone's, 192000 the highest that a browser opens. */
export const sampleRate = wholeNumber(8000, 192_000);

/** Text. Its length is limited with the body's. */
export const text = v.string('must be text');

/** Text that is not a book. */
export const shortText = v.pipe(text, v.maxLength(512, 'must be at most 512 characters'));

/** Ids and labels of the app. */
export const label = v.pipe(shortText, v.minLength(1, 'must not be empty'));

/** One of a closed list of words. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  v.picklist(words, `must be one of ${words.join(', ')}`);

/** A JSON object whose inner names are the app's or the browser's own. */
export const jsonObject = v.custom<Record<string, unknown>>(
  // The library's record takes a list too.
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be a JSON object',
);

export const flag = v.boolean('must be true or false');

/** The version of these schemas. */
export const schemaVersion = v.optional(v.literal(1, 'this server reads schema 1'), 1);

/** A fact that a plain client may leave out; what is left out is null. */
export const orNull = <const Schema extends v.GenericSchema>(schema: Schema) => v.optional(v.nullable(schema), null);
