import type { EmbeddedEngine } from './engine.ts';

/** Asks a method of the engine in its thread. */
export interface Call {
  id: number;
  asked: { [Method in keyof EmbeddedEngine]: [Method, ...Parameters<EmbeddedEngine[Method]>] }[keyof EmbeddedEngine];
}

/** Its answer. `failure`: an error's facts, for a clone keeps few of them. */
export type Reply = { id: number } & ({ value: unknown } | { failure: unknown });

/** The id of the first reply, which says that the engine is open, or why not. */
export const OPENED = 0;
