import type { GapEvent } from 'turntape';
import type { SilentRange } from '../session-book.ts';
import type { TurnList } from '../turn-list.ts';
import type { LevelHistory } from './level-history.ts';

/** Colours as the browser computed them. */
export interface TapePaints {
  user: string;
  bot: string;
  line: string;
  text: string;
  cut: string;
  gap: string;
  /** What the tape lies on, when that hides what is behind it: cheaper to move. Undefined: the canvas is clear. */
  well: string | undefined;
  font: string;
}

/** What is drawn: the session, and the part of it that is in the window. */
export interface TapeScene {
  history: LevelHistory;
  turns: TurnList;
  silent: readonly SilentRange[];
  gaps: readonly GapEvent[];
  /** Session time at the left edge, and how much of it each pixel is. In milliseconds; the left edge may lie before 0. */
  fromMs: number;
  msPerPx: number;
  /** Session time up to which open turns are drawn. */
  nowMs: number;
}

/** A stretch of the scene, in milliseconds of the session. */
export interface TapePart {
  fromMs: number;
  toMs: number;
}
