import type { DeafenEvent } from '../../core/events.ts';
import type { LoudspeakerCommand, LoudspeakerMessage } from '../../core/messages/loudspeaker.ts';
import type { EngineFact } from '../../core/messages/page-engine.ts';
import type { SessionMemory } from '../../core/messages/session-memory.ts';
import type { CaptureFacts } from '../../core/segment.ts';
import type { Capture } from '../capture/capture.ts';
import { type Silenced, Silencing } from '../turns/silencing.ts';
import type { PutOut } from './utterance-ledger.ts';

export interface LoudspeakerOptions {
  sessionId: string;
  capture: Pick<Capture, 'clock' | 'marks' | 'endOf'>;
  /** The marks of the bot's open file have changed. */
  onMark: () => void;
  /** What sounds is not what was given any more. */
  onDisturbed: () => void;
  report: (fact: EngineFact) => void;
}

type Send = (command: LoudspeakerCommand) => void;

/** Who plays the bot: our player, or our tap of a stream. */
export type Mouth = 'player' | 'stream';

const FULL = 1;

/**
 * What the user hears of the bot: all of it, nothing, or softly. The worklets make it so, whichever of them sounds; the one in
 * charge says from which frame on. A stream that somebody else plays is beyond us: it is neither silent nor marked.
 */
export class Loudspeaker {
  readonly #options: LoudspeakerOptions;
  readonly #silencing: Silencing;
  readonly #mouths = new Map<Mouth, Send>();
  /** What was asked for last. */
  #volume = FULL;
  /** From which session frame on; the first from the beginning. */
  readonly #volumes: { from: number; volume: number }[] = [];
  /** Session frames in which somebody else played the bot. */
  readonly #foreign: { from: number; to: number }[] = [];

  constructor(options: LoudspeakerOptions) {
    this.#options = options;
    const { sessionId, capture, onMark, onDisturbed, report } = options;
    this.#silencing = new Silencing({
      speaker: 'bot',
      kind: 'deafened',
      clock: capture.clock,
      marks: capture.marks,
      command: (deafened, deafenId) => this.#tell({ type: 'deafen', deafenId, deafened }),
      end: () => capture.endOf('bot'),
      onMark,
      report: (event) => {
        onDisturbed();
        report({ type: 'deafen', sessionId, event: deafenEvent(event) });
      },
    });
  }

  /** The user heard nothing, or less, under an engine that died; the worklets still do it. */
  goOn({ deafen, volume }: Pick<SessionMemory, 'deafen' | 'volume'>): void {
    if (deafen) {
      const { deafened: silent, ...place } = deafen;
      this.#silencing.goOn({ silent, ...place });
    }
    this.#volume = volume;
    if (volume !== FULL) this.#volumes.push({ from: 0, volume });
  }

  /** A new worklet that sounds: as the last one. */
  connected(mouth: Mouth, send: Send): void {
    if (mouth === 'stream') this.#takeBack();
    this.#mouths.set(mouth, send);
    this.#silencing.connected();
    if (this.#volume !== FULL) send({ type: 'volume', volume: this.#volume });
  }

  /** From now on somebody else plays the bot. */
  giveAway(): void {
    this.#mouths.delete('stream');
    if (this.#foreign.at(-1)?.to === Infinity) return;
    const from = this.#options.capture.endOf('bot');
    this.#foreign.push({ from, to: Infinity });
    this.#silencing.suspend(from);
    this.#options.onMark();
  }

  /** The stream is gone, whoever played it. */
  streamGone(): void {
    this.#mouths.delete('stream');
    this.#takeBack();
  }

  /** Settles with the frame from which it holds. */
  async deafen(deafened: boolean): Promise<DeafenEvent> {
    return deafenEvent(await this.#silencing.set(deafened));
  }

  setVolume(volume: number): void {
    this.#volume = volume;
    this.#tell({ type: 'volume', volume });
  }

  /** A worklet has done it, at this session frame. */
  answered(mouth: Mouth, message: LoudspeakerMessage, at: number): void {
    if (mouth !== this.#inCharge) return;
    if (message.type === 'deafened') this.#silencing.answered(message.deafenId, at);
    else this.#volumeIs(message.volume, at);
  }

  /** How much of these session frames a deafened user did not hear. */
  unheardIn(from: number, to: number): number {
    return this.#deafened
      .map((range) => Math.max(0, Math.min(range.to, to) - Math.max(range.from, from)))
      .reduce((sum, frames) => sum + frames, 0);
  }

  /** Of a stream, all that arrived in these session frames counts as put out. */
  putOut(from: number, to: number): PutOut {
    const { clock } = this.#options.capture;
    return { renderedMs: clock.toMs(to - from), deafenedMs: clock.toMs(this.unheardIn(from, to)) };
  }

  /** The first of these session frames that was heard; undefined: none was. */
  firstHeard(from: number, to: number): number | undefined {
    let at = from;
    for (const range of this.#deafened) if (range.from <= at && at < range.to) at = range.to;
    return at < to ? at : undefined;
  }

  /**
   * Of what was put out until a cut at frame `at`, that which was on its way to the ear and would have been heard, in
   * milliseconds.
   */
  onItsWayMs(at: number, latencyMs: number): number {
    const { clock } = this.#options.capture;
    const from = at - clock.toFrames(latencyMs);
    return Math.max(0, latencyMs - clock.toMs(this.unheardIn(from, at)));
  }

  /** How loud a file of these session frames was; undefined: it is not ours to say. */
  volumesIn(from: number, to: number): CaptureFacts['volume'] {
    if (this.#foreign.some((range) => range.from <= from && from < range.to)) return undefined;
    const { clock } = this.#options.capture;
    const volume = this.#volumes.findLast((each) => each.from <= from)?.volume ?? FULL;
    const later = this.#volumes.filter((each) => from < each.from && each.from < to);
    return [
      { fromMs: 0, volume },
      ...later.map((each) => ({ fromMs: clock.toMs(each.from - from), volume: each.volume })),
    ];
  }

  /** What came out of the loudspeaker of what the track holds from this frame on; the very array when it is the same. */
  asPutOut(from: number, samples: Float32Array): Float32Array {
    const to = from + samples.length;
    let out = samples;
    for (const [index, { from: since, volume }] of this.#volumes.entries()) {
      const until = this.#volumes[index + 1]?.from ?? Infinity;
      const [start, end] = [Math.max(from, since), Math.min(to, until)];
      if (start >= end || volume === FULL) continue;
      if (out === samples) out = samples.slice();
      for (let at = start - from; at < end - from; at += 1) out[at] = (out[at] as number) * volume;
    }
    return out;
  }

  /** In the order of the timeline. */
  get #deafened() {
    return this.#options.capture.marks.all.filter((range) => range.kind === 'deafened');
  }

  get #inCharge(): Mouth {
    return this.#mouths.has('stream') ? 'stream' : 'player';
  }

  #volumeIs(volume: number, at: number): void {
    const { sessionId, capture, report } = this.#options;
    // A new worklet is told what the last one was.
    if (volume === (this.#volumes.at(-1)?.volume ?? FULL)) return;
    this.#volumes.push({ from: at, volume });
    const { clock } = capture;
    const event = { volume, ...clock.toPlace(at), atMs: clock.toMs(at) };
    report({ type: 'volume', sessionId, event });
  }

  /** Nobody else plays the bot any more. */
  #takeBack(): void {
    const foreign = this.#foreign.at(-1);
    if (foreign?.to !== Infinity) return;
    const at = this.#options.capture.endOf('bot');
    foreign.to = at;
    this.#silencing.resume(at);
    this.#options.onMark();
  }

  /** True: there is one that plays. */
  #tell(command: LoudspeakerCommand): boolean {
    for (const send of this.#mouths.values()) send(command);
    return this.#mouths.has(this.#inCharge);
  }
}

const deafenEvent = ({ silent, ...place }: Silenced): DeafenEvent => ({ deafened: silent, ...place });
