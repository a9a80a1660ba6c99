import type { CutUtterance, PlayerEvent } from '../core/messages/player-engine.ts';
import { GainRamp } from './gain-ramp.ts';
import { UtteranceAudio } from './utterance-audio.ts';

/** A cut that is not answered yet: what it took from the queue, the playing utterance first. */
interface PendingCut {
  cutId: number;
  taken: readonly UtteranceAudio[];
}

/** What the queue needs to know of its context, in frames. */
export interface PlaybackQueueOptions {
  quantumFrames: number;
  /** Length of the fade of a cut. All its frames sound; the first silent one comes after them. */
  fadeFrames: number;
}

/**
 * The bot's utterances, played one after the other, sample for sample. Says at which frame each started, drained, ran
 * dry or was cut. Every frame given is put out once and in order, or it belongs to an utterance that was cut.
 *
 * - An utterance that has begun and not ended keeps its place: what comes after it waits.
 * - It starts with its first frame put out. Until then it cannot underrun; one that ends empty drains without a start.
 * - A cut fades what sounds, starts nothing new, and takes all that is queued at that moment. What begins during the
 *   fade plays after it. Afterwards the gain is 1 again, or what `gain` asked for since.
 * - A cut that finds silence ends on the frame after the last one that sounded, if the utterance had started; else on
 *   the frame at which it found that.
 */
export class PlaybackQueue {
  readonly #fadeFrames: number;
  readonly #gains: Float32Array;
  readonly #gain = new GainRamp(1);
  #gainAfterCut = 1;
  #queue: UtteranceAudio[] = [];
  readonly #cuts: PendingCut[] = [];
  #fading: UtteranceAudio | undefined;
  #fadeLeft = 0;
  /** Frame after the last one of PCM that was put out. */
  #soundEnd = 0;
  /** Of what is being filled: the first frame that nobody hears. */
  #silentFrom = 0;

  constructor({ quantumFrames, fadeFrames }: PlaybackQueueOptions) {
    this.#fadeFrames = fadeFrames;
    this.#gains = new Float32Array(quantumFrames);
  }

  /** A second begin of an utterance that is queued changes nothing. */
  begin(utteranceId: string): void {
    if (!this.#find(utteranceId)) this.#queue.push(new UtteranceAudio(utteranceId));
  }

  /** Takes the buffer. For an utterance that is unknown, ended or cut it is ignored. */
  pcm(utteranceId: string, samples: Float32Array): void {
    const utterance = this.#find(utteranceId);
    if (utterance && !utterance.ended) utterance.write(samples);
  }

  end(utteranceId: string): void {
    const utterance = this.#find(utteranceId);
    if (utterance) utterance.ended = true;
  }

  /** From the next frame on. During the fade of a cut: from its end on, at once. */
  gain(gain: number, frames: number): void {
    this.#gainAfterCut = gain;
    if (this.#cuts.length === 0) this.#gain.rampTo(gain, frames);
  }

  cut(cutId: number): void {
    const taken = this.#queue;
    this.#queue = [];
    if (this.#cuts.length === 0) {
      const [playing] = taken;
      this.#fading = playing && playing.rendered > 0 ? playing : undefined;
      this.#fadeLeft = this.#fadeFrames;
      this.#gain.rampTo(0, this.#fadeFrames + 1);
      this.#gainAfterCut = 1;
    }
    this.#cuts.push({ cutId, taken });
  }

  /**
   * Fills `out` with what sounds from `startFrame` on, after gain; what happens on the way goes to `events`. `silentFrom`: nobody
   * hears what lies there and behind it. It is played all the same.
   */
  render(out: Float32Array, startFrame: number, events: PlayerEvent[], silentFrom = out.length): void {
    this.#silentFrom = silentFrom;
    let at = 0;
    while (at < out.length) {
      const before = at;
      at = this.#cuts.length > 0 ? this.#fade(out, at, startFrame, events) : this.#play(out, at, startFrame, events);
      // The next utterance may follow on the same frame; nothing does when nothing was left to do.
      if (at === before && this.#cuts.length === 0 && !this.#hasWork()) break;
    }
    out.fill(0, at);
    this.#gain.skip(out.length - at);
  }

  /** Something can still happen on this frame: there is PCM to play, or an ended utterance to let go. */
  #hasWork(): boolean {
    const next = this.#queue[0];
    return next !== undefined && (!next.isEmpty || next.ended);
  }

  #play(out: Float32Array, at: number, startFrame: number, events: PlayerEvent[]): number {
    const utterance = this.#queue[0];
    if (!utterance) return at;
    const { utteranceId, rendered } = utterance;
    const end = at + this.#sound(utterance, out, at, out.length - at, startFrame);
    if (end > at) {
      utterance.dry = false;
      if (rendered === 0) events.push({ kind: 'started', frame: startFrame + at, utteranceId });
    }
    if (utterance.ended && utterance.isEmpty) {
      this.#queue.shift();
      events.push(this.#drained(utterance, startFrame + end));
    } else if (end < out.length && utterance.rendered > 0 && !utterance.dry) {
      utterance.dry = true;
      events.push({ kind: 'underrun', frame: startFrame + end, utteranceId });
    }
    return end;
  }

  #fade(out: Float32Array, at: number, startFrame: number, events: PlayerEvent[]): number {
    const utterance = this.#fading;
    const frames = Math.min(out.length - at, this.#fadeLeft);
    const played = utterance ? this.#sound(utterance, out, at, frames, startFrame) : 0;
    this.#fadeLeft -= played;
    const end = at + played;
    if (utterance?.ended && utterance.isEmpty) events.push(this.#drained(utterance, startFrame + end));
    else if (this.#fadeLeft > 0 && played === frames && utterance) return end;
    this.#finishCuts(utterance ? this.#soundEnd : startFrame + at, events);
    return end;
  }

  /** Puts out up to `frames` frames of an utterance, with gain. */
  #sound(utterance: UtteranceAudio, out: Float32Array, at: number, frames: number, startFrame: number): number {
    const played = utterance.read(out, at, frames);
    if (played === 0) return 0;
    this.#soundEnd = startFrame + at + played;
    utterance.deafened += Math.max(0, at + played - Math.max(at, this.#silentFrom));
    if (this.#gain.isUnity) return played;
    this.#gain.write(this.#gains, at, at + played);
    for (let each = at; each < at + played; each += 1)
      out[each] = (out[each] as number) * (this.#gains[each] as number);
    return played;
  }

  #finishCuts(frame: number, events: PlayerEvent[]): void {
    for (const { cutId, taken } of this.#cuts) {
      const utterances: CutUtterance[] = taken
        // What ran out during the fade was said to the end.
        .filter((utterance) => !(utterance === this.#fading && utterance.ended && utterance.isEmpty))
        .map((utterance) => ({ utteranceId: utterance.utteranceId, ...framesOf(utterance) }));
      events.push({ kind: 'cut', frame, cutId, utterances });
    }
    this.#cuts.length = 0;
    this.#fading = undefined;
    this.#gain.jump(this.#gainAfterCut);
  }

  /** `now` is for an utterance that never sounded. */
  #drained(utterance: UtteranceAudio, now: number): PlayerEvent {
    const frame = utterance.rendered > 0 ? this.#soundEnd : now;
    return { kind: 'drained', frame, utteranceId: utterance.utteranceId, ...framesOf(utterance) };
  }

  #find(utteranceId: string): UtteranceAudio | undefined {
    return this.#queue.find((utterance) => utterance.utteranceId === utteranceId);
  }
}

function framesOf({ rendered, deafened }: UtteranceAudio): Omit<CutUtterance, 'utteranceId'> {
  return { renderedFrames: rendered, ...(deafened > 0 && { deafenedFrames: deafened }) };
}
