import type { Peaks, Speaker } from 'turntape';
import { type Lane, paintBars, paintFlat, roundedBar } from './paint-lane.ts';
import { paintGhost, paintHole, paintInterruption } from './paint-marks.ts';
import { paintRuler } from './paint-ruler.ts';
import type { ReviewPart, ReviewSession, ReviewTurn } from './review-session.ts';
import { type TimelineColors, voiceOf, wash } from './timeline-colors.ts';
import { type ToX, type Viewport, toX } from './viewport.ts';

/** What is painted, and how large. Sizes are CSS pixels. */
export interface TimelineScene {
  session: ReviewSession;
  view: Viewport;
  width: number;
  height: number;
  colors: TimelineColors;
  positionMs: number;
  current: ReviewTurn | undefined;
  hovered: ReviewTurn | undefined;
  /** Speakers that are not heard. */
  silent: ReadonlySet<Speaker>;
  peaks: (part: ReviewPart) => Peaks | undefined;
  /** What fills a speaker's lane with the loudest that is known of it. */
  gain: (speaker: Speaker) => number;
  isGone: (part: ReviewPart) => boolean;
  /** What a hole is called, in a word. */
  holeWord: (hole: ReviewSession['holes'][number]) => string;
  time: (ms: number) => string;
}

/** What was painted: a view of an hour costs no more than a view of a minute. */
export interface Painted {
  turns: number;
  holes: number;
  /** Bars of all waveforms. */
  bars: number;
}

/** Space for the times at the top. */
export const RULER_PX = 22;
const GAP_PX = 10;

/** Paints what is seen of a session, and nothing else. */
export function paintTimeline(context: CanvasRenderingContext2D, scene: TimelineScene): Painted {
  const { session, view, width, height, colors } = scene;
  const x = toX(view, width);
  const painted: Painted = { turns: 0, holes: 0, bars: 0 };
  context.clearRect(0, 0, width, height);
  paintRuler(context, { view, width, height, colors, x, time: scene.time, top: RULER_PX });
  const lanes = lanesOf(height);
  for (const speaker of ['user', 'bot'] as const) {
    context.globalAlpha = scene.silent.has(speaker) ? 0.35 : 1;
    const turns = session.turns.filter((turn) => turn.speaker === speaker);
    for (const [index, turn] of turns.entries()) {
      if (!isSeen(turn.startMs, turn.endMs + turn.unheardMs, view, turn.parts[0]?.startMs)) continue;
      painted.turns += 1;
      paintGhost(context, {
        turn,
        until: turns[index + 1]?.startMs,
        x,
        lane: lanes[speaker],
        colors,
        gain: scene.gain(speaker),
        peaks: scene.peaks,
      });
      painted.bars += paintTurn(context, scene, turn, lanes[speaker], x);
    }
    context.globalAlpha = 1;
  }
  for (const hole of session.holes) {
    if (!isSeen(hole.startMs, hole.endMs, view)) continue;
    painted.holes += 1;
    const lane = hole.speaker ? lanes[hole.speaker] : { top: lanes.user.top, height: height - RULER_PX };
    paintHole(context, { hole, x, lane, colors, text: scene.holeWord(hole) });
  }
  for (const turn of session.turns)
    if (turn.interrupted && isSeen(turn.endMs, turn.endMs, view))
      paintInterruption(context, {
        at: x(turn.endMs),
        top: lanes.user.top,
        middle: lanes.bot.top - GAP_PX / 2,
        bottom: height,
        colors,
      });
  return painted;
}

/** The user above, the bot below. */
function lanesOf(height: number): Record<Speaker, Lane> {
  const each = (height - RULER_PX - GAP_PX) / 2;
  return { user: { top: RULER_PX, height: each }, bot: { top: RULER_PX + each + GAP_PX, height: each } };
}

function paintTurn(
  context: CanvasRenderingContext2D,
  scene: TimelineScene,
  turn: ReviewTurn,
  lane: Lane,
  x: ToX,
): number {
  const { colors, view, width, positionMs } = scene;
  const voice = voiceOf(colors, turn.speaker);
  const startMs = turn.parts[0]?.startMs ?? turn.startMs;
  const [left, right] = [x(startMs), Math.max(x(startMs) + 3, x(turn.endMs))];
  const strength = turn === scene.current ? 0.2 : turn === scene.hovered ? 0.15 : 0.09;
  context.fillStyle = colors.forced ? colors.surface : wash(voice, strength);
  roundedBar(context, left, lane.top, right - left, lane.height, 6);
  context.fill();
  if (turn === scene.current || colors.forced) {
    context.strokeStyle = colors.forced ? voice : wash(voice, 0.55);
    context.lineWidth = turn === scene.current ? 1.5 : 1;
    context.stroke();
  }
  if (turn.parts.length === 0) {
    paintFlat(context, { left, right, lane, color: wash(voice, 0.6), dashed: true });
    return 0;
  }
  let bars = 0;
  for (const part of turn.parts) {
    const place = { left: x(part.startMs), right: x(part.startMs + part.durationMs), lane };
    const peaks = scene.peaks(part);
    if (part.audio === 'sealed' || scene.isGone(part) || !peaks)
      paintFlat(context, { ...place, color: wash(voice, peaks ? 1 : 0.6), dashed: scene.isGone(part) });
    else
      bars += paintBars(context, {
        ...place,
        peaks,
        width,
        playedTo: x(positionMs),
        voice,
        gain: scene.gain(turn.speaker),
        startMs: part.startMs,
        view,
        x,
      });
  }
  return bars;
}

function isSeen(startMs: number, endMs: number, view: Viewport, earlier = startMs): boolean {
  return Math.min(startMs, earlier) <= view.toMs && endMs >= view.fromMs;
}
