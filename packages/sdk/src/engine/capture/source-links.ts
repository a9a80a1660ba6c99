import type { EngineMessage } from '../../core/messages/page-engine.ts';
import type { QueueFacts } from '../../core/messages/credits.ts';
import type { LoudspeakerMessage } from '../../core/messages/loudspeaker.ts';
import type { PlayerCommand, PlayerEvent, PlayerMessage } from '../../core/messages/player-engine.ts';
import type { TypedPort } from '../../core/messages/ports.ts';
import type { TapCommand, TapMessage } from '../../core/messages/tap-engine.ts';
import type { Speaker } from '../../core/turn.ts';
import type { Capture } from './capture.ts';
import type { EngineStats } from '../../core/stats.ts';
import { QueueMeter } from './queue-meter.ts';
import { SourceLink } from './source-link.ts';

/** What the page connects, with our end of the port. */
type Connected<Type extends EngineMessage['type'], Port> = Omit<
  Extract<EngineMessage, { type: Type }>,
  'type' | 'sessionId' | 'port' | 'shared'
> & { port: Port };

/** A tapped source. */
export type TapSource = Connected<'tap', TypedPort<TapCommand, TapMessage>>;

export type PlayerSource = Connected<'player', TypedPort<PlayerCommand, PlayerMessage>>;

/** A worklet that sounds has done what it was told, at this session frame. */
interface LoudspeakerAnswers {
  onLoudspeaker?: (message: LoudspeakerMessage, at: number) => void;
}

/** A tap has done what it was told, at this session frame. */
export interface TapAnswers extends LoudspeakerAnswers {
  onCut?: (cutId: number, at: number) => void;
  onMuted?: (muteId: number, at: number) => void;
  /** What would have sounded from this session frame on, and did not, since the user is deafened. Before its silence. */
  onUnheard?: (from: number, samples: Float32Array) => void;
}

export interface PlayerAnswers extends LoudspeakerAnswers {
  onEvent: (event: PlayerEvent, at: number) => void;
}

/** What a dead source of the same clock sent before its end has arrived within this. */
const RETIRE_MS = 1000;

/** What a source is known by; a new one under the same name continues its track. */
type LinkName = 'user-tap' | 'bot-tap' | 'player';

/** The engine's ends of everything on the audio thread: their blocks go to the capture, their events to who asked. */
export class SourceLinks {
  readonly #capture: Capture;
  readonly #onError: (thrown: unknown) => void;
  readonly #links = new Map<
    LinkName,
    { link: { stop(): Promise<void>; retire(afterMs: number): void }; clockId: number }
  >();
  readonly #queues = { user: new QueueMeter(), bot: new QueueMeter() };
  #userTap: SourceLink<TapCommand, TapMessage> | undefined;
  #close = false;

  constructor(capture: Capture, onError: (thrown: unknown) => void) {
    this.#capture = capture;
    this.#onError = onError;
  }

  tap(source: TapSource, answers: TapAnswers): SourceLink<TapCommand, TapMessage> {
    const { speaker, clockId, clockRate, port } = source;
    const link = new SourceLink<TapCommand, TapMessage>(port, this.#onError, (message) => {
      if (message.type === 'cut') {
        answers.onCut?.(message.cutId, this.#capture.clock.fromCapture(clockId, message.frame));
        return;
      }
      if (message.type === 'muted') {
        answers.onMuted?.(message.muteId, this.#placed(clockId, message.frame, speaker));
        return;
      }
      if (message.type !== 'block') {
        answers.onLoudspeaker?.(message, this.#placed(clockId, message.frame, speaker));
        return;
      }
      const { startFrame, wallMs, samples, deafened } = message;
      this.#arrived(speaker, message, clockRate);
      const reading = { clockId, clockRate, startFrame, wallMs, frames: samples.length };
      if (deafened) answers.onUnheard?.(this.#capture.tick(reading).from, samples);
      this.#capture.block(speaker, reading, deafened ? null : samples);
    });
    if (speaker === 'user') {
      this.#userTap = link;
      if (this.#close) link.send({ type: 'blocks', end: 'burst' });
    }
    this.#takeOver(speaker === 'user' ? 'user-tap' : 'bot-tap', link, clockId);
    this.#capture.seam(speaker, source.cause ?? (speaker === 'user' ? 'microphone_changed' : null));
    return link;
  }

  player(source: PlayerSource, answers: PlayerAnswers): SourceLink<PlayerCommand, PlayerMessage> {
    const { clockId, clockRate, port } = source;
    const link = new SourceLink<PlayerCommand, PlayerMessage>(port, this.#onError, (message) => {
      if (message.type !== 'block') {
        answers.onLoudspeaker?.(message, this.#placed(clockId, message.frame, 'bot'));
        return;
      }
      const { startFrame, wallMs, frames, samples, events } = message;
      if (!this.#links.has('bot-tap')) this.#arrived('bot', message, clockRate);
      // While a stream is attached it is the bot's track; our player is silent beside it.
      const reading = { clockId, clockRate, startFrame, wallMs, frames };
      if (samples === null && this.#links.has('bot-tap')) this.#capture.tick(reading);
      else this.#capture.block('bot', reading, samples);
      for (const event of events) answers.onEvent(event, this.#capture.clock.fromCapture(clockId, event.frame));
    });
    const another = this.#takeOver('player', link, clockId) || source.cause !== undefined;
    if (another && !this.#links.has('bot-tap')) this.#capture.seam('bot', source.cause ?? null);
    return link;
  }

  /** Tells the user's tap; false: there is none. */
  mute(muted: boolean, muteId: number): boolean {
    this.#userTap?.send({ type: 'mute', muteId, muted });
    return this.#userTap !== undefined;
  }

  /** What waits for us in the worklets. */
  get queues(): EngineStats['queues'] {
    return { user: this.#queues.user.stats, bot: this.#queues.bot.stats };
  }

  /** A block of a track, and what its queue says: what was let go before it is a loss by our own standing still. */
  #arrived(speaker: Speaker, facts: QueueFacts, clockRate: number): void {
    this.#queues[speaker].block(facts, clockRate);
    if (facts.lostFrames) this.#capture.seam(speaker, 'engine_stall');
  }

  /** The microphone's blocks come as soon as they can, or in fewer messages again; also those of a later microphone. */
  listenClosely(close: boolean): void {
    this.#close = close;
    this.#userTap?.send({ type: 'blocks', end: close ? 'burst' : 'full' });
  }

  /** The session frame of a frame that no block may have brought yet. */
  #placed(clockId: number, frame: number, speaker: Speaker): number {
    const { clock, tracks } = this.#capture;
    return clock.epochs.length > 0 ? clock.fromCapture(clockId, frame) : (tracks[speaker].end ?? 0);
  }

  /** The context of this clock was closed: nobody is asked for a tail. What is on its way still comes in. */
  gone(clockId: number): void {
    for (const { link, clockId: of } of this.#links.values()) if (of === clockId) link.retire(RETIRE_MS);
  }

  /** Takes the tail of one source, or of all, and lets go of it. */
  async stop(name?: LinkName): Promise<void> {
    const links = [...this.#links].filter(([each]) => name === undefined || each === name);
    await Promise.all(links.map(([, { link }]) => link.stop()));
    for (const [each] of links) this.#links.delete(each);
    if (!this.#links.has('user-tap')) this.#userTap = undefined;
    if (name === 'bot-tap') this.#capture.seam('bot', null);
  }

  /**
   * A new source under a known name. The old one is not asked for its tail: it is dead. What it sent before it died still
   * comes in, unless its clock is gone: a dead clock that wakes up must not be heard again. True: there was an old one.
   */
  #takeOver(name: LinkName, link: { stop(): Promise<void>; retire(afterMs: number): void }, clockId: number): boolean {
    const old = this.#links.get(name);
    this.#links.set(name, { link, clockId });
    old?.link.retire(old.clockId === clockId ? RETIRE_MS : 0);
    return old !== undefined;
  }
}
