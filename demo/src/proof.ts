import type { ComparedRow } from './compared-rows.ts';

/** Whether anything was lost, in a few numbers. */
export interface Proof {
  readonly onDevice: number;
  /** As it was read there, or as its receipt says: a server that cannot be asked still has what it acknowledged. */
  readonly onServer: number;
  /** Same hash and same size on both sides. */
  readonly identical: number;
  /** On this device, and the server has not said that it has it. */
  readonly waiting: number;
  readonly different: number;
  /** Spoken, and there was no room on the disk for it yet. */
  readonly inMemory: number;
}

const isThere = ({ device, server }: ComparedRow): boolean =>
  server !== undefined || device?.deliveryState === 'acknowledged';

/** Counts the rows of both sides. `inMemory`: how many turns have no row anywhere, for want of room. */
export function proofOf(rows: readonly ComparedRow[], inMemory = 0): Proof {
  const count = (test: (row: ComparedRow) => boolean): number => rows.filter(test).length;
  return {
    onDevice: count(({ device }) => device !== undefined),
    onServer: count(isThere),
    identical: count(({ equal }) => equal === true),
    waiting: count((row) => !isThere(row)),
    different: count(({ equal }) => equal === false),
    inMemory,
  };
}

/** The same as a sentence, and whether it is good news. */
export function proofInWords({ onDevice, onServer, identical, waiting, different, inMemory }: Proof): {
  tone: '' | 'good' | 'warn' | 'bad';
  text: string;
} {
  if (onDevice + onServer + inMemory === 0) return { tone: '', text: 'Nothing recorded yet' };
  if (different > 0) return { tone: 'bad', text: `${different} differ` };
  if (inMemory > 0) return { tone: 'warn', text: `${inMemory} in memory, until there is room` };
  if (waiting > 0) return { tone: 'warn', text: `${waiting} safe here, not sent yet` };
  // Not every one could be compared: the server is away, or the device has let go of its copy.
  const word = identical < Math.max(onDevice, onServer) ? 'delivered' : 'identical';
  return { tone: 'good', text: onServer === 1 ? `1 ${word}` : `All ${onServer} ${word}` };
}
