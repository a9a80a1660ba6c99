/** What counts as silence, in dBFS. Speech close to a microphone is at about -30 to -15. */
export const FLOOR_DB = -60;

/** Between the floor and full scale. What is no number is silence. */
export function clampDb(db: number): number {
  if (Number.isNaN(db)) return FLOOR_DB;
  return Math.min(0, Math.max(FLOOR_DB, db));
}

/** The share of a bar that a level fills: nothing at -60 dBFS and below, all of it at full scale. */
export function levelFraction(db: number): number {
  return (clampDb(db) - FLOOR_DB) / -FLOOR_DB;
}
