/** How often a thing took how long. Pure: values in, columns out. */

/** One column of a histogram. */
export interface Column {
  /** In milliseconds; the first column begins at 0. */
  readonly fromMs: number;
  /** Exclusive. Infinity for the last one. */
  readonly toMs: number;
  readonly count: number;
}

/** Columns of the same width, and a last one for all that took longer. */
export function histogram(values: readonly number[], widthMs: number, columns: number): Column[] {
  const counts = Array.from({ length: columns }, () => 0);
  for (const value of values) {
    const column = Math.min(columns - 1, Math.max(0, Math.floor(value / widthMs)));
    counts[column] = (counts[column] ?? 0) + 1;
  }
  return counts.map((count, column) => ({
    fromMs: column * widthMs,
    toMs: column === columns - 1 ? Number.POSITIVE_INFINITY : (column + 1) * widthMs,
    count,
  }));
}
