import type { Turn } from 'turntape';
import { isMissing } from '../gap-kinds.ts';
import { COLUMN_MS } from './level-history.ts';
import { paintCut, paintGap, paintRest } from './paint-marks.ts';
import { paintTimes } from './paint-times.ts';
import { BAR_PX, COLUMN_PX, DOT_PX, MIDDLE_PX, TIMES_PX } from './tape-geometry.ts';
import type { TapePaints, TapePart, TapeScene } from './tape-scene.ts';
import type { TapeContext } from './tape-surface.ts';

type Speaker = Turn['speaker'];

/** Less than this of a pixel is what a division left. */
const ROUNDING = 1e-3;

/** Draws both lanes: the user grows upwards from the middle, the bot downwards. The canvas is measured in CSS pixels. */
export function paintTape(
  context: TapeContext,
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
  for (const { speaker, startMs, endMs } of scene.silent) {
    const [left, wide] = span(startMs, endMs ?? scene.nowMs);
    // Silent on purpose: a line in the place of dots.
    const top = speaker === 'user' ? middle - MIDDLE_PX - DOT_PX : middle + MIDDLE_PX;
    context.fillRect(left, top, wide, DOT_PX);
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
  context: TapeContext,
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
