import type { GapEvent, Turn } from 'turntape';
import { isMissing } from '../gap-kinds.ts';
import type { MutedRange } from '../session-book.ts';
import { runningTime } from '../time-texts.ts';
import type { TurnList } from '../turn-list.ts';
import { COLUMN_MS } from './level-history.ts';
import type { LevelHistory } from './level-history.ts';

type Speaker = Turn['speaker'];

/**
 * In CSS pixels. A column is a bar and the space after it. At 30 pixels a second the tape goes on by one in every second
 * frame of a common screen, and by one in each of a screen with twice the pixels: never by none and then by two.
 */
export const COLUMN_PX = 3;
const BAR_PX = 2;
/** The line of times under the lanes. */
const TIMES_PX = 18;
/** Between the two lanes and the line in the middle. */
const MIDDLE_PX = 3;
/** What a silent column is drawn as. */
const DOT_PX = 2;
/** Less than this of a pixel is what a division left. */
const ROUNDING = 1e-3;
/** A mark of the time has at least this much room. */
const TIME_ROOM_PX = 72;

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
  muted: readonly MutedRange[];
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

/** Draws both lanes: the user grows upwards from the middle, the bot downwards. The canvas is measured in CSS pixels. */
export function paintTape(
  context: CanvasRenderingContext2D,
  { width, height }: { width: number; height: number },
  scene: TapeScene,
  paints: TapePaints,
  part: TapePart = { fromMs: scene.fromMs, toMs: scene.fromMs + width * scene.msPerPx },
): void {
  const laneHeight = (height - TIMES_PX) / 2;
  const middle = laneHeight;
  const x = (ms: number): number => (ms - scene.fromMs) / scene.msPerPx;
  const span = (fromMs: number, toMs: number): [number, number] => {
    const left = Math.max(-8, x(fromMs));
    return [left, Math.max(0, Math.min(width + 8, x(toMs)) - left)];
  };
  const top = (speaker: Speaker): number => (speaker === 'user' ? 0 : middle + 1);

  context.save();
  context.beginPath();
  // By whole pixels of the screen: one that is drawn by halves, twice, is a seam.
  const ratio = context.getTransform().a;
  const left = Math.floor(x(part.fromMs) * ratio + ROUNDING) / ratio;
  context.rect(left, 0, Math.ceil(x(part.toMs) * ratio - ROUNDING) / ratio - left, height);
  context.clip();
  if (paints.well === undefined) context.clearRect(0, 0, width, height);
  else {
    context.fillStyle = paints.well;
    context.fillRect(0, 0, width, height);
  }
  paintTimes(context, { width, middle, height }, scene, part, paints);
  paintRest(context, { width, middle }, scene, paints.line);

  for (const turn of scene.turns) {
    const [left, wide] = span(turn.startMs, turn.endMs ?? scene.nowMs);
    if (wide === 0) continue;
    context.globalAlpha = 0.1;
    context.fillStyle = paints[turn.speaker];
    context.beginPath();
    context.roundRect(left, top(turn.speaker) + 1, Math.max(2, wide), laneHeight - 2, 5);
    context.fill();
  }
  context.globalAlpha = 1;

  paintLane(
    context,
    'user',
    { width, middle: middle - MIDDLE_PX, reach: laneHeight - MIDDLE_PX - 4 },
    scene,
    part,
    paints.user,
  );
  paintLane(
    context,
    'bot',
    { width, middle: middle + MIDDLE_PX, reach: laneHeight - MIDDLE_PX - 4 },
    scene,
    part,
    paints.bot,
  );

  context.fillStyle = paints.line;
  for (const { startMs, endMs } of scene.muted) {
    const [left, wide] = span(startMs, endMs ?? scene.nowMs);
    // Silent on purpose: a line in the place of dots.
    context.fillRect(left, middle - MIDDLE_PX - DOT_PX, wide, DOT_PX);
  }
  for (const gap of scene.gaps)
    paintGap(context, span(gap.startMs, gap.endMs), gap, {
      middle,
      laneHeight,
      paint: isMissing(gap.cause) ? paints.gap : paints.line,
    });
  for (const turn of scene.turns) {
    if (turn.interrupted && turn.endMs !== undefined)
      paintCut(context, x(turn.endMs), { middle, laneHeight }, paints.cut);
  }
  context.restore();
}

function paintLane(
  context: CanvasRenderingContext2D,
  speaker: Speaker,
  { width, middle, reach }: { width: number; middle: number; reach: number },
  { history, fromMs, msPerPx }: TapeScene,
  part: TapePart,
  paint: string,
): void {
  const columnMs = COLUMN_PX * msPerPx;
  // Columns lie on a grid of their own, so that a bar never changes while it moves.
  const first = Math.max(0, Math.floor(part.fromMs / columnMs) - 1);
  const last = Math.ceil(Math.min(fromMs + width * msPerPx, part.toMs) / columnMs) + 1;
  const direction = speaker === 'user' ? -1 : 1;
  context.beginPath();
  for (let column = first; column < last; column += 1) {
    const startMs = column * columnMs;
    if (startMs >= history.columns * COLUMN_MS) break;
    const loudness = history.loudest(
      speaker,
      Math.round(startMs / COLUMN_MS),
      Math.round((startMs + columnMs) / COLUMN_MS),
    );
    // Curved, so that speech stands out from the room it is in.
    const length = Math.max(DOT_PX, loudness ** 1.7 * reach * 1.5);
    const long = Math.min(length, reach);
    const left = (startMs - fromMs) / msPerPx + (COLUMN_PX - BAR_PX) / 2;
    context.roundRect(left, direction < 0 ? middle - long : middle, BAR_PX, long, Math.min(1.5, long / 2));
  }
  context.fillStyle = paint;
  context.fill();
}

/** Before the first moment of the session, and where there is none: tape that nothing was written on. */
function paintRest(
  context: CanvasRenderingContext2D,
  { width, middle }: { width: number; middle: number },
  { fromMs, msPerPx }: TapeScene,
  paint: string,
): void {
  const until = Math.min(width, -fromMs / msPerPx);
  context.globalAlpha = 0.55;
  context.fillStyle = paint;
  for (let left = (COLUMN_PX - BAR_PX) / 2; left < until; left += COLUMN_PX) {
    context.fillRect(left, middle - MIDDLE_PX - DOT_PX, BAR_PX, DOT_PX);
    context.fillRect(left, middle + MIDDLE_PX, BAR_PX, DOT_PX);
  }
  context.globalAlpha = 1;
}

/** Where the bot was cut: a line through both lanes, with a notch in the middle. */
function paintCut(
  context: CanvasRenderingContext2D,
  x: number,
  { middle, laneHeight }: { middle: number; laneHeight: number },
  paint: string,
): void {
  context.fillStyle = paint;
  context.fillRect(x - 0.75, 6, 1.5, laneHeight * 2 - 12);
  context.beginPath();
  context.moveTo(x, middle - 6);
  context.lineTo(x + 6, middle);
  context.lineTo(x, middle + 6);
  context.lineTo(x - 6, middle);
  context.fill();
}

/** What is missing, hatched, on the lane that misses it or on both; in grey where only the sound was. */
function paintGap(
  context: CanvasRenderingContext2D,
  [left, wide]: [number, number],
  { speaker }: GapEvent,
  { middle, laneHeight, paint }: { middle: number; laneHeight: number; paint: string },
): void {
  if (wide === 0) return;
  const top = speaker === 'bot' ? middle + 1 : 1;
  const high = speaker === undefined ? laneHeight * 2 - 2 : laneHeight - 2;
  const wideEnough = Math.max(2, wide);
  context.save();
  context.beginPath();
  context.rect(left, top, wideEnough, high);
  context.clip();
  context.strokeStyle = paint;
  context.lineWidth = 1;
  context.beginPath();
  for (let at = -high; at < wideEnough; at += 6) {
    context.moveTo(left + at, top + high);
    context.lineTo(left + at + high, top);
  }
  context.stroke();
  context.restore();
}

function paintTimes(
  context: CanvasRenderingContext2D,
  { width, middle, height }: { width: number; middle: number; height: number },
  { fromMs, msPerPx, nowMs }: TapeScene,
  part: TapePart,
  paints: TapePaints,
): void {
  context.globalAlpha = 0.45;
  context.fillStyle = paints.line;
  context.fillRect(0, middle - 0.5, width, 1);
  context.globalAlpha = 1;
  const stepMs = timeStepMs(TIME_ROOM_PX * msPerPx);
  // Of a tape that runs they come in and go out with it.
  const isWhole = Number.isFinite(nowMs);
  context.font = paints.font;
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  context.fillStyle = paints.text;
  // Letters are what costs most: of a part only those that reach into it.
  const reachMs = TIME_ROOM_PX * msPerPx;
  const firstMs = Math.max(0, Math.floor((part.fromMs - reachMs) / stepMs) * stepMs);
  const endMs = Math.min(fromMs + width * msPerPx, part.toMs + reachMs);
  for (let ms = firstMs; ms < endMs; ms += stepMs) {
    const at = (ms - fromMs) / msPerPx;
    if (isWhole && (at < 14 || at > width - 14)) continue;
    context.fillText(runningTime(ms), at, height - 4);
  }
}

/** 5, 10, 15, 30 seconds, minutes: the first that has the room. */
export function timeStepMs(roomMs: number): number {
  const seconds = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800].find((step) => step * 1000 >= roomMs) ?? 3600;
  return seconds * 1000;
}
