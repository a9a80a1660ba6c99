import type { BargeInCommand } from '../../core/barge-in.ts';
import { type ErrorFacts, toErrorFacts } from '../../core/errors.ts';
import type { BotMessage, CaptureSetup, CutResult, EngineFact } from '../../core/messages/page-engine.ts';
import type { PlayerCommand } from '../../core/messages/player-engine.ts';
import type { SessionSettings } from '../../core/settings.ts';
import type { TrackerFact, TrackerNews } from '../../core/turn-tracker.ts';
import type { InterruptionCause, Speaker } from '../../core/turn.ts';
import { BotActivity } from './bot-activity.ts';
import type { Integrity } from '../integrity/integrity.ts';
import { BotPlayback, type BotPlaybackOptions } from './bot-playback.ts';
import type { Capture } from '../capture/capture.ts';
import type { PlayerSource, SourceLinks, TapSource } from '../capture/source-links.ts';
import type { Loudspeaker } from './loudspeaker.ts';

export interface SpeakingOptions extends Pick<
  BotPlaybackOptions,
  'openTurn' | 'notes' | 'utterances' | 'passThrough' | 'tails'
> {
  settings: SessionSettings;
  integrity: Pick<Integrity, 'attached' | 'given' | 'putOut'>;
  capture: Capture;
  links: SourceLinks;
  loudspeaker: Loudspeaker;
  /** Of the context, as it is now. */
  setup: () => CaptureSetup;
  newId: () => string;
  feed: (fact: TrackerFact) => void;
  /** Something of ours is heard, or nothing is left that could be. */
  onSound: (sounds: boolean, at: number) => void;
  report: (fact: EngineFact) => void;
  onError: (error: ErrorFacts) => void;
}

/** The bot as it is put out: by our player, or as a stream that somebody else makes; and how it is silenced. */
export class Speaking {
  readonly #options: SpeakingOptions;
  readonly #playback: BotPlayback;
  /** Of a stream whose turns the app does not mark. */
  #activity: BotActivity | undefined;

  constructor(options: SpeakingOptions) {
    this.#options = options;
    const { settings, capture, setup, onError } = options;
    this.#playback = new BotPlayback({
      ...options,
      sessionId: settings.sessionId,
      clock: capture.clock,
      duckGain: settings.bargeIn.duckGain,
      resampler: settings.encoder.bot.resampler,
      outputLatencyMs: () => setup().outputLatencyMs ?? 0,
      onError: (error) => onError(toErrorFacts(error, 'invalid_argument')),
    });
  }

  connectPlayer(source: PlayerSource): (command: PlayerCommand) => void {
    const { links, capture, loudspeaker } = this.#options;
    const link = links.player(source, {
      onEvent: (event, at) => this.#playback.event(event, at),
      onLoudspeaker: (message, at) => loudspeaker.answered('player', message, at),
    });
    const play = (command: PlayerCommand): void => link.send(command);
    loudspeaker.connected('player', play);
    this.#playback.connectPlayer(play, capture.endOf('bot'));
    return play;
  }

  /** A tap of a stream. */
  connectTap(source: TapSource & { speaker: Extract<Speaker, 'bot'> }): void {
    const { links, capture, loudspeaker, integrity } = this.#options;
    integrity.attached(true);
    const link = links.tap(source, {
      onCut: (cutId, at) => this.#playback.wasCut(cutId, at, []),
      onLoudspeaker: (message, at) => loudspeaker.answered('stream', message, at),
      onUnheard: (from, samples) => this.#activity?.hear(from, samples),
    });
    if (source.plays) loudspeaker.connected('stream', (command) => link.send(command));
    else loudspeaker.giveAway();
    this.#playback.attach(() => capture.tracks.bot.end, source.plays ? (command) => link.send(command) : undefined);
    if (source.boundaries === 'activity') this.#findTurns();
  }

  /** The attached stream is gone; what it said is a finished turn. */
  async detach(): Promise<void> {
    await this.#options.links.stop('bot-tap');
    this.#options.loudspeaker.streamGone();
    await this.#activity?.finish();
    this.#activity = undefined;
    this.#options.integrity.attached(false);
    this.#playback.detach();
  }

  say(message: Extract<BotMessage, { type: 'begin' | 'pcm' | 'opus' | 'end' }>): void {
    this.#playback.say(message);
  }

  /** Carries out what the barge-in policy decided. */
  obey(command: BargeInCommand, cause: InterruptionCause, at: number): void {
    this.#playback.obey(command, cause, at);
  }

  /** Silences the bot, as was asked for at this wall time. Settles with what was cut; undefined when nothing was playing. */
  cut(cause: InterruptionCause | 'session_end', askedMs: number): Promise<CutResult | undefined> {
    const { clock } = this.#options.capture;
    return this.#playback.cut(cause, clock.epochs.length > 0 ? clock.fromWallMs(askedMs) : 0);
  }

  /** What sounds is not what was given any more. */
  disturbed(): void {
    this.#playback.disturbed();
  }

  take(news: readonly TrackerNews[]): void {
    this.#playback.take(news);
  }

  /** The bot's track goes on. */
  advanced(from: number, samples: Float32Array): void {
    this.#activity?.hear(from, samples);
    this.#playback.advanced(from, samples);
  }

  /** No more audio comes. Every window of a stream is decided and its open turn is ended. */
  async finish(): Promise<void> {
    await this.#activity?.finish();
  }

  /** Utterances that will never be settled by the player: the session is over at this frame. */
  settleRest(at: number): void {
    this.#playback.settleRest(at);
  }

  #findTurns(): void {
    const { setup, newId, feed } = this.#options;
    const onError = (thrown: unknown): void => this.#options.onError(toErrorFacts(thrown, 'vad_failed'));
    // A context was rebuilt under the stream: what it said until then is a finished turn.
    this.#activity?.finish().catch(onError);
    this.#activity = new BotActivity({ clockRate: setup().clockRate, newId, feed, onError });
  }
}
