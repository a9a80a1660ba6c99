import { type TimelineColors, wash } from './timeline-colors.ts';
import { type ToX, type Viewport, spanOf } from './viewport.ts';

/** Steps of a ruler that a person reads at once, in seconds. */
const STEPS = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
/** A time needs this much room, in CSS pixels. */
const LABEL_PX = 64;

/** The times above the lanes, and a faint line below each. */
export function paintRuler(
  context: CanvasRenderingContext2D,
  options: {
    view: Viewport;
    width: number;
    height: number;
    top: number;
    colors: TimelineColors;
    x: ToX;
    time: (ms: number) => string;
  },
): void {
  const { view, width, height, top, colors, x, time } = options;
  const wantedSeconds = (spanOf(view) / 1000) * (LABEL_PX / Math.max(1, width));
  const stepMs = 1000 * (STEPS.find((step) => step >= wantedSeconds) ?? STEPS.at(-1) ?? 3600);
  context.font = `500 11px ${colors.font}`;
  context.textBaseline = 'top';
  context.lineWidth = 1;
  for (let ms = Math.ceil(view.fromMs / stepMs) * stepMs; ms <= view.toMs; ms += stepMs) {
    const at = Math.round(x(ms)) + 0.5;
    context.strokeStyle = wash(colors.line, 0.9);
    context.beginPath();
    context.moveTo(at, top - 4);
    context.lineTo(at, height);
    context.stroke();
    const text = stepMs < 1000 ? `${time(ms)}.${Math.floor((ms % 1000) / 100)}` : time(ms);
    const half = context.measureText(text).width / 2;
    context.textAlign = at - half < 0 ? 'left' : at + half > width ? 'right' : 'center';
    context.fillStyle = colors.muted;
    context.fillText(text, at - half < 0 ? 0 : at + half > width ? width : at, 2);
  }
}
