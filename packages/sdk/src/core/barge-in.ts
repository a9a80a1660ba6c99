import type { BargeInSettings } from './settings.ts';

/** What the player is told: quieter, silent, or as loud as before. */
export type BargeInCommand = 'duck' | 'cut' | 'restore';

export type { BargeInSettings };
