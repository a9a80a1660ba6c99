import type { Peaks, Speaker } from 'turntape';
import { levelFor, swing, tallness } from './paint-lane.ts';
import type { ReviewPart, ReviewSession } from './review-session.ts';
import { type TimelineColors, voiceOf, wash } from './timeline-colors.ts';
import { type Viewport, spanOf } from './viewport.ts';

/** The whole session in a strip: the user above the middle, the bot below; what is not seen in the lanes is veiled. */
export function paintOverview(
  context: CanvasRenderingContext2D,
  options: {
    session: ReviewSession;
    view: Viewport;
    width: number;
    height: number;
    colors: TimelineColors;
    positionMs: number;
    peaks: (part: ReviewPart) => Peaks | undefined;
    gain: (speaker: Speaker) => number;
  },
): { columns: number } {
  const { session, view, width, height, colors, positionMs, peaks } = options;
  const duration = Math.max(1, session.durationMs);
  const x = (ms: number): number => (ms / duration) * width;
  context.clearRect(0, 0, width, height);
  let columns = 0;
  for (const turn of session.turns) {
    context.fillStyle = voiceOf(colors, turn.speaker);
    for (const part of turn.parts)
      columns += paintPart(context, part, peaks(part), {
        x,
        duration,
        width,
        height,
        gain: options.gain(turn.speaker),
      });
  }
  for (const hole of session.holes) {
    context.fillStyle = hole.kind === 'gap' ? colors.danger : colors.muted;
    context.fillRect(x(hole.startMs), height - 3, Math.max(2, x(hole.endMs) - x(hole.startMs)), 3);
  }
  context.fillStyle = colors.warning;
  for (const turn of session.turns) if (turn.interrupted) context.fillRect(x(turn.endMs) - 1, 0, 2, 5);
  if (spanOf(view) < duration - 1) {
    const [left, right] = [x(view.fromMs), x(view.toMs)];
    context.fillStyle = wash(colors.surface, 0.66);
    context.fillRect(0, 0, left, height);
    context.fillRect(right, 0, width - right, height);
    context.strokeStyle = colors.text;
    context.lineWidth = 1.5;
    context.beginPath();
    context.roundRect(left + 0.75, 0.75, Math.max(4, right - left - 1.5), height - 1.5, 4);
    context.stroke();
  }
  context.fillStyle = colors.text;
  context.fillRect(x(positionMs) - 0.75, 0, 1.5, height);
  return { columns };
}

/** One column for each pixel that a file covers: an hour has no more of them than a minute. */
function paintPart(
  context: CanvasRenderingContext2D,
  part: ReviewPart,
  peaks: Peaks | undefined,
  place: { x: (ms: number) => number; duration: number; width: number; height: number; gain: number },
): number {
  const { x, duration, width, height, gain } = place;
  const middle = height / 2;
  const up = isUp(part.speaker);
  const reach = middle - 3;
  const columnMs = duration / width;
  const level = peaks && levelFor(peaks, columnMs);
  const from = Math.floor(x(part.startMs));
  const to = Math.max(from + 1, Math.ceil(x(part.startMs + part.durationMs)));
  for (let column = from; column < to; column += 1) {
    const atMs = column * columnMs - part.startMs;
    const tall = level ? tallness(swing(level, atMs, atMs + columnMs), gain, reach) : reach * 0.35;
    context.fillRect(column, up ? middle - tall : middle, 1, tall);
  }
  return to - from;
}

const isUp = (speaker: Speaker): boolean => speaker === 'user';
