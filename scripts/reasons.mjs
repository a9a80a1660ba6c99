import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { ROOT } from './run.mjs';

/**
 * Why a test fell, in few lines: CI keeps the end of what a run prints, and a reason that is not there cannot be read
 * anywhere.
 */

/** Of one test. Enough for a sentence, a small difference and a place, for two errors in one. */
const LINES = 14;
/** Of one line: a page's whole HTML in a message would push everything else out. */
const LINE_LENGTH = 240;

/**
 * @typedef {object} Thrown what a runner keeps of an error
 * @property {string} [name]
 * @property {string} [message]
 * @property {string} [stack]
 * @property {string} [diff] what is not as expected, where the message does not say it
 * @property {{ file: string, line: number, column: number }} [location]
 * @property {unknown} [cause]
 * @property {unknown} [suppressed] of a SuppressedError: what failed first
 * @property {unknown} [error] of a SuppressedError: what failed later, as things were let go of
 * @property {unknown} [errors] of an AggregateError
 */

/**
 * Message, difference and place of each error and of those within it, the first to happen first; the same again is said once.
 *
 * @param {readonly Thrown[]} errors
 * @returns {string[]}
 */
export function reasonLines(errors) {
  const seen = new Set();
  const all = errors
    .flatMap((error) => withInner(error, seen))
    .filter((one, index, them) => them.findIndex(({ message }) => message === one.message) === index);
  const each = Math.max(4, Math.floor(LINES / Math.max(1, all.length)));
  const lines = all.flatMap((one) => linesOf(one, each));
  const shown =
    lines.length > LINES ? [...lines.slice(0, LINES - 1), `… and ${lines.length - LINES + 1} more lines`] : lines;
  return shown.map((line) => (line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH)}…` : line));
}

/**
 * @param {unknown} thrown
 * @param {Set<unknown>} seen
 * @returns {Thrown[]}
 */
function withInner(thrown, seen) {
  if (typeof thrown !== 'object' || thrown === null || seen.has(thrown)) return [];
  seen.add(thrown);
  /** @type {Thrown} */
  const one = thrown;
  const first = withInner(one.suppressed, seen);
  const later = [one.error, ...(Array.isArray(one.errors) ? one.errors : []), one.cause];
  const rest = later.flatMap((inner) => withInner(inner, seen));
  // A SuppressedError says nothing of its own.
  return first.length > 0 ? [...first, ...rest] : [one, ...rest];
}

/**
 * @param {Thrown} thrown
 * @param {number} room lines
 */
function linesOf({ name, message = '', stack, diff, location }, room) {
  const said = textLines(message);
  if (name && !said[0]?.startsWith(name)) said[0] = said[0] ? `${name}: ${said[0]}` : name;
  const place = location ? `${location.file}:${location.line}:${location.column}` : placeIn(stack);
  const where = place === undefined ? [] : [`at ${place.startsWith(ROOT) ? relative(ROOT, place) : place}`];
  const lines = [...said, ...(diff ? textLines(diff) : [])];
  const left = room - where.length;
  if (lines.length <= left) return [...lines, ...where];
  // What is equal goes first, and how the error goes on after that.
  const [head = '', ...tail] = lines;
  const changed = tail.filter((line) => /^\s*[-+]/.test(line));
  const kept = (changed.length > 0 ? changed : tail).slice(0, left - 2);
  return [head, ...kept, `… and ${tail.length - kept.length} more lines`, ...where];
}

/** @param {string} text */
function textLines(text) {
  return stripVTControlCharacters(text)
    .split('\n')
    .filter((line) => line.trim() !== '');
}

/**
 * The first place in a stack that is ours.
 *
 * @param {string | undefined} stack
 */
function placeIn(stack = '') {
  const places = stripVTControlCharacters(stack)
    .split('\n')
    .flatMap((line) => /(?:file:\/\/|\()?(\/[^()]*?\.[cm]?[jt]sx?(?:\?[^:]*)?:\d+:\d+)\)?\s*$/.exec(line)?.[1] ?? []);
  return places.find((place) => !place.includes('/node_modules/')) ?? places[0];
}
