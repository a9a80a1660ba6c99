import type { GapEvent, Session } from 'turntape';
import type { Scripted } from './ruler-session.ts';

/** At this frame the wall clock was so far ahead of the frames, at least, in milliseconds. */
export interface WallLook {
  frame: number;
  aheadMs: number;
}

/** Where frame 0 of the capture clock lies on the wall, by the engine and by the page itself, in one epoch. */
export interface WallAnchor {
  epochs: number;
  gaps: readonly GapEvent[];
  /** First frame of the newest epoch, and the frames between which the page looked. */
  startFrame: number;
  fromFrame: number;
  toFrame: number;
  rate: number;
  engineMs: number;
  pageMs: number;
  looks: WallLook[];
}

declare global {
  interface Window {
    /** What the witness of a context has seen so far. */
    wallLooks(context: AudioContext): WallLook[];
    /** How much audio the browser has rendered without asking any processor, in all contexts, in milliseconds. */
    wallSkippedMs: number;
    /** An independent view of when a frame was, by the page's own clocks at their least delay. */
    wallAnchor(session: Session): Promise<WallAnchor>;
  }
}

/** From now on a witness runs in every context that the page makes, from its first quanta on. */
export async function watchWall(page: Scripted): Promise<void> {
  await page.evaluate(() => {
    const seen = new WeakMap<AudioContext, WallLook[]>();
    window.wallSkippedMs = 0;
    window.wallLooks = (context) => seen.get(context) ?? [];
    const Context = AudioContext;
    const watch = async (context: AudioContext, looks: WallLook[]): Promise<void> => {
      await context.audioWorklet.addModule('./wall-witness.worklet.js');
      if (context.state === 'closed') return;
      const node = new AudioWorkletNode(context, 'wall-witness');
      node.port.addEventListener('message', ({ data }) => {
        const said = data as WallLook | { skippedMs: number };
        if ('frame' in said) looks.push(said);
        else window.wallSkippedMs += said.skippedMs;
      });
      node.port.start();
      node.connect(context.destination);
    };
    window.AudioContext = class extends Context {
      constructor(options?: AudioContextOptions) {
        super(options);
        const looks: WallLook[] = [];
        seen.set(this, looks);
        void watch(this, looks);
      }
    };
    window.wallAnchor = async (session) => {
      const { audioContext } = session;
      const rate = audioContext.sampleRate;
      for (;;) {
        const before = (await session.stats()).epochs.length;
        const fromFrame = audioContext.currentTime * rate;
        let pageMs = Infinity;
        // A busy machine lets the page look late, and seldom: until it has found nothing better for a while.
        for (let [each, best] = [0, 0]; each < best + 120; each += 1) {
          await new Promise((resolve) => setTimeout(resolve, 2));
          const aheadMs = Date.now() - audioContext.currentTime * 1000;
          if (aheadMs < pageMs) [pageMs, best] = [aheadMs, each];
        }
        const toFrame = audioContext.currentTime * rate;
        const { epochs, gaps } = await session.stats();
        // A machine that stood still meanwhile has begun another one: looked at again.
        if (epochs.length !== before) continue;
        const { startFrame = 0, wallAnchor = { frame: 0, wallMs: 0 } } = epochs.at(-1) ?? {};
        const engineMs = wallAnchor.wallMs - (wallAnchor.frame / rate) * 1000;
        const looks = window.wallLooks(audioContext).slice();
        return { epochs: epochs.length, gaps, startFrame, fromFrame, toFrame, rate, engineMs, pageMs, looks };
      }
    };
  });
}

/** How much audio the browser has rendered without asking any processor, in milliseconds: for `withoutMachineGaps`. */
export function skippedMs(page: Scripted): Promise<number> {
  return page.evaluate(() => window.wallSkippedMs);
}

/** The engine looks for so long for the frame that was rendered with the least delay: half of 64 blocks of 512, since both tracks bring them. */
const SETTLES_FRAMES = 32 * 512;

/** A look is of so many frames, and its first may be of the epoch before. */
const LOOK_FRAMES = 8 * 128;

/**
 * By how much the engine and the page disagree, in milliseconds. A machine that stands still for less than an epoch's break
 * moves the frames against the wall without a word: by how much, the witness says.
 */
export function wallErrorMs({ looks, startFrame, fromFrame, toFrame, engineMs, pageMs }: WallAnchor): number {
  const slipMs =
    leastAheadMs(looks, fromFrame, toFrame) -
    leastAheadMs(looks, startFrame + LOOK_FRAMES, startFrame + SETTLES_FRAMES);
  return pageMs - slipMs - engineMs;
}

/**
 * Where frame 0 of the clock lay on the wall while an epoch began, by the witness alone, in milliseconds. Undefined: the epoch was too
 * short for anybody to find it.
 */
export function witnessedMs(looks: readonly WallLook[], startFrame: number, endFrame = Infinity): number | undefined {
  if (endFrame - startFrame < SETTLES_FRAMES) return undefined;
  return leastAheadMs(looks, startFrame + LOOK_FRAMES, startFrame + SETTLES_FRAMES);
}

/** How far the wall clock was ahead at least while [fromFrame, toFrame) was rendered. */
function leastAheadMs(looks: readonly WallLook[], fromFrame: number, toFrame: number): number {
  const within = looks.filter(({ frame }) => frame >= fromFrame && frame < toFrame);
  if (within.length === 0) throw new Error(`the witness saw nothing of frames ${fromFrame} to ${toFrame}`);
  return Math.min(...within.map(({ aheadMs }) => aheadMs));
}

/** How long the frames ran between two moments of the wall clock: less than the wall, where the machine stood still. In milliseconds. */
export function renderedMs(looks: readonly WallLook[], fromMs: number, toMs: number, rate: number): number {
  const frameAt = (ms: number): number =>
    looks.findLast(({ frame, aheadMs }) => aheadMs + (frame / rate) * 1000 <= ms)?.frame ?? NaN;
  return ((frameAt(toMs) - frameAt(fromMs)) / rate) * 1000;
}
