import type { Peaks } from 'turntape';
import { type Lane, levelFor, roundedBar, swing, tallness } from './paint-lane.ts';
import type { ReviewHole, ReviewPart, ReviewTurn } from './review-session.ts';
import { type TimelineColors, voiceOf, wash } from './timeline-colors.ts';
import type { ToX } from './viewport.ts';

/** What nobody heard: a ghost behind the cut, as long as it would have been, up to the next turn of the same speaker. */
export function paintGhost(
  context: CanvasRenderingContext2D,
  {
    turn,
    until,
    x,
    lane,
    colors,
    gain,
    peaks,
  }: {
    turn: ReviewTurn;
    until: number | undefined;
    x: ToX;
    lane: Lane;
    colors: TimelineColors;
    gain: number;
    peaks: (part: ReviewPart) => Peaks | undefined;
  },
): void {
  const endMs = Math.min(turn.endMs + turn.unheardMs, until ?? Infinity);
  const [left, right] = [x(turn.endMs) + 2, x(endMs) - 2];
  if (turn.unheardMs <= 0 || right - left < 4) return;
  const voice = voiceOf(colors, turn.speaker);
  context.save();
  roundedBar(context, left, lane.top + 0.75, right - left, lane.height - 1.5, 6);
  context.strokeStyle = colors.forced ? voice : wash(voice, 0.6);
  context.lineWidth = 1;
  context.setLineDash([4, 3]);
  context.stroke();
  context.clip();
  context.setLineDash([]);
  const middle = lane.top + lane.height / 2;
  context.fillStyle = wash(voice, 0.3);
  let at = left;
  for (const tail of turn.tails) {
    const level = peaksOf(peaks(tail), 3000 / Math.max(1, x(1000) - x(0)));
    for (let from = 0; from < tail.durationMs && at < right; at += 3) {
      const stepMs = 3000 / Math.max(0.01, x(1000) - x(0));
      const tall = tallness(swing(level, from, from + stepMs), gain, lane.height / 2 - 5);
      context.fillRect(at, middle - tall, 2, tall * 2);
      from += stepMs;
    }
  }
  if (turn.tails.length === 0) hatch(context, left, right, lane, wash(voice, 0.28));
  context.restore();
}

const peaksOf = (peaks: Peaks | undefined, barMs: number) => peaks && levelFor(peaks, barMs);

/**
 * A range without sound: a gap is hatched in the colour of a failure, what was quiet or muted is grey, a redaction is a black
 * bar.
 */
export function paintHole(
  context: CanvasRenderingContext2D,
  { hole, x, lane, colors, text }: { hole: ReviewHole; x: ToX; lane: Lane; colors: TimelineColors; text: string },
): void {
  const left = x(hole.startMs);
  const width = Math.max(3, x(hole.endMs) - left);
  context.save();
  roundedBar(context, left, lane.top, width, lane.height, 4);
  if (hole.kind === 'redaction') {
    const bar = lane.height * 0.36;
    context.clip();
    context.fillStyle = colors.surface;
    context.fillRect(left, lane.top, width, lane.height);
    context.fillStyle = colors.text;
    roundedBar(context, left, lane.top + (lane.height - bar) / 2, width, bar, 4);
    context.fill();
    label(context, text, left, width, lane, colors.surface, colors.font);
  } else {
    const color = hole.kind === 'gap' ? colors.danger : colors.muted;
    context.fillStyle = colors.surface;
    context.fill();
    context.fillStyle = colors.forced ? colors.surface : wash(color, 0.12);
    context.fill();
    context.strokeStyle = color;
    context.lineWidth = 1;
    if (hole.kind === 'gap' || colors.forced) context.stroke();
    context.clip();
    if (hole.kind === 'gap') hatch(context, left, left + width, lane, wash(color, 0.3));
    label(context, text, left, width, lane, color, colors.font, colors.surface);
  }
  context.restore();
}

/** Where the user took the floor: a line through both lanes and a sign between them. */
export function paintInterruption(
  context: CanvasRenderingContext2D,
  {
    at,
    top,
    middle,
    bottom,
    colors,
  }: { at: number; top: number; middle: number; bottom: number; colors: TimelineColors },
): void {
  context.strokeStyle = colors.warning;
  context.lineWidth = 1.5;
  context.setLineDash([2, 3]);
  context.beginPath();
  context.moveTo(at, top);
  context.lineTo(at, bottom);
  context.stroke();
  context.setLineDash([]);
  context.fillStyle = colors.surface;
  context.beginPath();
  context.arc(at, middle, 7, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = colors.warning;
  context.beginPath();
  context.arc(at, middle, 5.5, 0, 2 * Math.PI);
  context.fill();
  // Two strokes that cross: what was said ends here.
  context.strokeStyle = colors.surface;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(at - 2, middle - 2);
  context.lineTo(at + 2, middle + 2);
  context.moveTo(at + 2, middle - 2);
  context.lineTo(at - 2, middle + 2);
  context.stroke();
}

function hatch(context: CanvasRenderingContext2D, left: number, right: number, lane: Lane, color: string): void {
  const from = Math.max(left, -lane.height);
  const to = Math.min(right, context.canvas.width) + lane.height;
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.beginPath();
  // On a grid of the canvas' own width would swim: the stripes belong to the range.
  for (let at = left - lane.height + 7 * Math.max(0, Math.floor((from - left) / 7)); at < to; at += 7) {
    context.moveTo(at, lane.top + lane.height);
    context.lineTo(at + lane.height, lane.top);
  }
  context.stroke();
}

/** A word in the middle of what is seen of a range, where there is room for it. */
function label(
  context: CanvasRenderingContext2D,
  text: string,
  left: number,
  width: number,
  lane: Lane,
  color: string,
  font: string,
  behind?: string,
): void {
  context.font = `600 11px ${font}`;
  const size = context.measureText(text).width;
  if (size > width - 10) return;
  const middle = lane.top + lane.height / 2;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  if (behind) {
    context.fillStyle = behind;
    roundedBar(context, left + width / 2 - size / 2 - 6, middle - 9, size + 12, 18, 9);
    context.fill();
  }
  context.fillStyle = color;
  context.fillText(text, left + width / 2, middle + 0.5);
}
