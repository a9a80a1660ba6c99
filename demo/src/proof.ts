import type { ComparedRow } from './compared-rows.ts';

/** Whether anything was lost, in a few numbers. */
export interface Proof {
  readonly onDevice: number;
  readonly onServer: number;
  /** Same hash and same size on both sides. */
  readonly identical: number;
  /** On this device, not yet on the server. */
  readonly waiting: number;
  readonly different: number;
}

/** Counts the rows of both sides. */
export function proofOf(rows: readonly ComparedRow[]): Proof {
  const count = (test: (row: ComparedRow) => boolean): number => rows.filter(test).length;
  return {
    onDevice: count(({ device }) => device !== undefined),
    onServer: count(({ server }) => server !== undefined),
    identical: count(({ equal }) => equal === true),
    waiting: count(({ server }) => server === undefined),
    different: count(({ equal }) => equal === false),
  };
}

/** The same as a sentence, and whether it is good news. */
export function proofInWords({ onDevice, onServer, waiting, different }: Proof): {
  tone: '' | 'good' | 'warn' | 'bad';
  text: string;
} {
  if (onDevice + onServer === 0) return { tone: '', text: 'Nothing recorded yet' };
  if (different > 0) return { tone: 'bad', text: `${different} differ` };
  if (waiting > 0) return { tone: 'warn', text: `${waiting} safe here, not sent yet` };
  return { tone: 'good', text: onServer === 1 ? 'Identical' : `All ${onServer} identical` };
}
