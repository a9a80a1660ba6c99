import type { Speaker } from 'turntape';
import { PLAY_RATE, type PartAudio, laneAudio } from './lane-audio.ts';
import { TimeStretch } from './time-stretch.ts';

/** Samples that are handed to the context at once: a quarter of a second, whole hops of the stretch. */
const BLOCK = PLAY_RATE / 4;

/** Sound never begins or ends on an edge: 4 ms is no click and no loss. */
const FADE_SECONDS = 0.004;

const SPEAKERS: readonly Speaker[] = ['user', 'bot'];

/** One stretch of playing, at one speed, without a break. Places are samples: of the context, and of the session. */
export interface RunPlan {
  context: BaseAudioContext;
  /** Where each speaker's sound goes. */
  lanes: Readonly<Record<Speaker, AudioNode>>;
  /** The context's frame at which it begins. */
  startFrame: number;
  /** The session's samples [from, to) that it plays. */
  from: number;
  to: number;
  speed: number;
  /** This one alone. */
  solo: Speaker | undefined;
  audio: () => readonly PartAudio[];
}

/**
 * Plays both tracks on the context's clock: block after block, each begun on the frame on which the one before it ends. Where
 * it stands in the session follows from the clock alone.
 */
export class PlaybackRun {
  readonly #plan: RunPlan;
  readonly #gate: GainNode[] = [];
  readonly #gates: Readonly<Record<Speaker, GainNode>>;
  readonly #sources = new Set<AudioBufferSourceNode>();
  readonly #stretches: Readonly<Record<Speaker, TimeStretch>>;
  /** Of the context, since the start. */
  #scheduled = 0;

  constructor(plan: RunPlan) {
    this.#plan = plan;
    const { from, speed } = plan;
    const stretch = (speaker: Speaker): TimeStretch =>
      new TimeStretch((at, length) => laneAudio(plan.audio(), speaker, at, length), from, speed);
    this.#gates = { user: this.#open('user'), bot: this.#open('bot') };
    this.#stretches = { user: stretch('user'), bot: stretch('bot') };
  }

  /** Samples of the session that the next block needs: [from, to). Empty: everything is handed over. */
  get next(): { from: number; to: number } {
    const { from, to, speed } = this.#plan;
    const at = from + this.#scheduled * speed;
    return { from: at, to: Math.min(to, at + BLOCK * speed) };
  }

  /** Seconds of sound that wait in the context. */
  get aheadSeconds(): number {
    return (this.#scheduled - this.#elapsed) / PLAY_RATE;
  }

  /** Everything was handed over, and has sounded. */
  get over(): boolean {
    const { from, to } = this.next;
    return from >= to && this.#elapsed >= this.#scheduled;
  }

  /** The session's sample that sounds now. Never beyond what was handed over. */
  get position(): number {
    const { from, to, speed } = this.#plan;
    return Math.min(to, from + Math.min(Math.max(0, this.#elapsed), this.#scheduled) * speed);
  }

  /** Hands the next block over: its audio is decoded. */
  schedule(): void {
    const { context, startFrame, speed, solo, audio } = this.#plan;
    const { from, to } = this.next;
    const length = Math.min(BLOCK, Math.ceil((to - from) / speed));
    for (const speaker of SPEAKERS) {
      if (solo !== undefined && solo !== speaker) continue;
      const samples =
        speed === 1
          ? laneAudio(audio(), speaker, from, length)
          : this.#stretches[speaker].take(BLOCK)?.subarray(0, length);
      if (!samples) continue;
      const buffer = new AudioBuffer({ length, sampleRate: PLAY_RATE });
      buffer.copyToChannel(samples as Float32Array<ArrayBuffer>, 0);
      const source = new AudioBufferSourceNode(context, { buffer });
      source.connect(this.#gates[speaker]);
      source.addEventListener('ended', () => this.#sources.delete(source), { once: true });
      source.start((startFrame + this.#scheduled) / PLAY_RATE);
      this.#sources.add(source);
    }
    this.#scheduled += length;
  }

  /** Falls silent within the fade. */
  stop(): void {
    const now = this.#plan.context.currentTime;
    for (const { gain } of this.#gate) {
      gain.cancelScheduledValues(now);
      gain.setValueAtTime(gain.value, now);
      gain.linearRampToValueAtTime(0, now + FADE_SECONDS);
    }
    for (const source of this.#sources) source.stop(now + FADE_SECONDS);
  }

  get #elapsed(): number {
    return this.#plan.context.currentTime * PLAY_RATE - this.#plan.startFrame;
  }

  #open(speaker: Speaker): GainNode {
    const { context, lanes, startFrame } = this.#plan;
    const gate = new GainNode(context, { gain: 0 });
    const start = startFrame / PLAY_RATE;
    gate.gain.setValueAtTime(0, start);
    gate.gain.linearRampToValueAtTime(1, start + FADE_SECONDS);
    gate.connect(lanes[speaker]);
    this.#gate.push(gate);
    return gate;
  }
}
