import type { SessionEvents, Turn } from 'turntape';
import { levelFraction } from './level-scale.ts';

type Speaker = Turn['speaker'];

/** What one column of the waveform stands for, in milliseconds: two reports of the engine. */
export const COLUMN_MS = 100;

/** An hour is 36,000 columns: two lanes of one byte each. */
const FIRST_ROOM = 4096;

/** How loud each speaker was, column by column, over the whole session: 2 bytes for each 100 ms. */
export class LevelHistory {
  #lanes: Record<Speaker, Uint8Array> = { user: new Uint8Array(FIRST_ROOM), bot: new Uint8Array(FIRST_ROOM) };
  #columns = 0;

  /** How many columns have something in them, silence between them included. */
  get columns(): number {
    return this.#columns;
  }

  /** In milliseconds of the session. */
  get lengthMs(): number {
    return this.#columns * COLUMN_MS;
  }

  /** Takes a level: the column in which it was measured is as loud as its loudest. */
  add({ speaker, rmsDb, atMs }: SessionEvents['level']): void {
    const column = Math.max(0, Math.ceil(atMs / COLUMN_MS) - 1);
    if (!Number.isFinite(column)) return;
    this.#makeRoom(column + 1);
    const lane = this.#lanes[speaker];
    lane[column] = Math.max(lane[column] ?? 0, Math.round(levelFraction(rmsDb) * 255));
    this.#columns = Math.max(this.#columns, column + 1);
  }

  /** The loudest of some columns (`to` exclusive), 0 … 1. */
  loudest(speaker: Speaker, from: number, to: number): number {
    const lane = this.#lanes[speaker];
    let loudest = 0;
    for (let column = Math.max(0, from); column < Math.min(to, this.#columns); column += 1)
      loudest = Math.max(loudest, lane[column] ?? 0);
    return loudest / 255;
  }

  clear(): void {
    this.#columns = 0;
    this.#lanes.user.fill(0);
    this.#lanes.bot.fill(0);
  }

  #makeRoom(columns: number): void {
    if (columns <= this.#lanes.user.length) return;
    const room = 2 ** Math.ceil(Math.log2(columns));
    const larger = (lane: Uint8Array): Uint8Array => {
      const copy = new Uint8Array(room);
      copy.set(lane);
      return copy;
    };
    this.#lanes = { user: larger(this.#lanes.user), bot: larger(this.#lanes.bot) };
  }
}
