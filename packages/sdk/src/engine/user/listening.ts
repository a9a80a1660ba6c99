import type { BargeInCommand } from '../../core/barge-in.ts';
import { type ErrorFacts, toErrorFacts } from '../../core/errors.ts';
import type { MuteEvent } from '../../core/events.ts';
import type { EngineFact } from '../../core/messages/page-engine.ts';
import type { PcmEncoding, PcmSamples } from '../../core/pcm.ts';
import type { SessionSettings } from '../../core/settings.ts';
import type { TrackerFact, TrackerNews } from '../../core/turn-tracker.ts';
import type { InterruptionCause, Speaker } from '../../core/turn.ts';
import { Attention } from './attention.ts';
import type { Loudspeaker } from '../bot/loudspeaker.ts';
import type { Capture } from '../capture/capture.ts';
import { type Silenced, Silencing } from '../turns/silencing.ts';
import type { SourceLinks, TapSource } from '../capture/source-links.ts';
import { UserHearing } from './user-hearing.ts';
import { UserVoice, type UserVoiceOptions } from './user-voice.ts';
import type { ProbabilityModel } from '../vad/probability-model.ts';
import { WrittenUser } from './written-user.ts';

export interface ListeningOptions {
  settings: SessionSettings;
  capture: Capture;
  /** The detector in charge now. */
  model: ProbabilityModel;
  newId: () => string;
  /** The session was begun by another engine. */
  resumed: boolean;
  /** With `continuous`: the turn that goes on, when another engine began it. */
  continued?: string | undefined;
  feed: (fact: TrackerFact) => void;
  /** News that is no turn's: a start, and its stop, that is only the bot's own voice. */
  tell: (news: readonly TrackerNews[]) => void;
  /** Carries out what the barge-in policy decides. */
  obey: (command: BargeInCommand, cause: InterruptionCause, at: number) => void;
  links: SourceLinks;
  loudspeaker: Pick<Loudspeaker, 'asPutOut'>;
  /** The marks of the user's track have changed. */
  onMark: () => void;
  report: (fact: EngineFact) => void;
  onError: (error: ErrorFacts) => void;
}

/** The user as the engine hears them: by microphone or written by the app, mute or not, speaking or not. */
export class Listening {
  readonly #capture: Capture;
  readonly #links: SourceLinks;
  readonly #mute: Silencing;
  readonly #written: WrittenUser;
  readonly #voice: UserVoice;
  readonly #hearing: UserHearing | undefined;
  readonly #attention: Attention;

  constructor(options: ListeningOptions) {
    const { settings, capture, links, newId, tell, onError } = options;
    const { clock, losses, marks, tracks } = capture;
    const clockRate = clock.rate;
    this.#capture = capture;
    this.#links = links;
    this.#voice = new UserVoice({
      settings,
      clockRate,
      newId,
      feed: (fact) => options.feed(this.#withReason(fact)),
      continued: options.continued,
      obey: options.obey,
      turnEnd: this.#asking(options),
    });
    if (settings.vad)
      this.#hearing = new UserHearing({
        settings: settings.vad,
        clockRate,
        model: options.model,
        newId,
        read: (speaker, from, to) => {
          const samples = tracks[speaker].read(from, to);
          // An echo is of what came out, which is softer for a user who turned it down.
          return speaker === 'bot' ? options.loudspeaker.asPutOut(from, samples) : samples;
        },
        onFact: (fact) => this.#voice.detected(fact),
        onDoubt: (news) => tell([news]),
        onError: (error) => onError(toErrorFacts(error, 'vad_failed')),
      });
    this.#written = new WrittenUser({
      rate: clockRate,
      resampler: settings.encoder.user.resampler,
      now: () => capture.endOf('bot'),
      begins: options.resumed ? () => clock.fromWallMs(Date.now()) : undefined,
      push: (from, samples) => capture.written(from, samples),
      onStalled: (range) => capture.stalled(range),
      onError: (error) => onError(toErrorFacts(error, 'invalid_argument')),
    });
    losses.include(() => {
      const { stall } = this.#written;
      return stall ? [{ ...stall, cause: 'stream_stalled', speaker: 'user' }] : [];
    });
    this.#attention = new Attention((close) => {
      if (settings.bargeIn.mode === 'off') return;
      this.#hearing?.listenClosely(close);
      links.listenClosely(close);
    });
    this.#mute = new Silencing({
      speaker: 'user',
      kind: 'mute',
      clock,
      marks,
      command: (muted, muteId) => links.mute(muted, muteId),
      end: () => capture.endOf('user'),
      onMark: options.onMark,
      report: (event) => {
        capture.silenced(event.silent);
        options.report({ type: 'mute', sessionId: settings.sessionId, event: muteEvent(event) });
      },
    });
  }

  /** The name of the detector's model in charge; null without a detector. */
  get modelName(): string | null {
    return this.#hearing?.modelName ?? null;
  }

  /** A new tap of the microphone: it is as mute as the last, and as attentive. */
  connectTap(source: TapSource & { speaker: Extract<Speaker, 'user'> }): void {
    this.#links.tap(source, { onMuted: (muteId, at) => this.#mute.answered(muteId, at) });
    this.#mute.connected();
  }

  useModel(model: ProbabilityModel): void {
    this.#hearing?.useModel(model);
  }

  /** The next audio of the user's track. */
  hear(from: number, samples: Float32Array): void {
    this.#hearing?.hear(from, samples);
  }

  /** It has been written where it belongs. */
  advanced(from: number, to: number): void {
    this.#hearing?.advanced(to);
    this.#voice.advanced(from, to);
  }

  /** The bot's track goes on: it is the clock of a user whom the app writes. */
  botAdvanced(): void {
    this.#written.advanced();
  }

  botSounds(sounds: boolean, at: number): void {
    this.#voice.botSounds(sounds, at);
  }

  take(news: readonly TrackerNews[]): void {
    this.#voice.take(news);
    this.#attention.take(news);
  }

  write(samples: PcmSamples, sampleRate: number, encoding?: PcmEncoding): void {
    this.#written.write(samples, sampleRate, encoding);
  }

  writeOpus(packet: Uint8Array, preSkip: number): void {
    this.#written.writeOpus(packet, preSkip);
  }

  /** What the voice backend's own detector says. */
  serverSaid(speech: boolean): void {
    const at = this.#capture.endOf('user');
    this.#voice.serverSaid(speech, at);
    if (speech) this.#hearing?.trust(at);
  }

  async mute(muted: boolean): Promise<MuteEvent> {
    return muteEvent(await this.#mute.set(muted));
  }

  /** The user was mute under an engine that died; the tap still is. */
  goOnMuted({ muted, ...place }: MuteEvent): void {
    this.#mute.goOn({ silent: muted, ...place });
    this.#capture.silenced(muted);
  }

  /** The app's answer: the turn is over. */
  turnEnds(askId: number): void {
    this.#voice.turnEnds(askId);
  }

  /** Nothing more comes. Settles when all that was written is on the track, and all that was heard is decided. */
  async finish(): Promise<void> {
    await this.#written.finish();
    await this.#hearing?.settle();
    this.#voice.finish();
  }

  /** Whoever was speaking as the microphone went has not fallen silent: nobody heard. */
  #withReason(fact: TrackerFact): TrackerFact {
    const isLost = fact.type === 'speech-end' && !fact.misfire && this.#capture.lostBefore(fact.decided);
    return isLost ? { ...fact, reason: 'device_lost' } : fact;
  }

  /** What is asked at the end of a turn, when the app wants to be asked. */
  #asking({ settings, capture, report }: ListeningOptions): UserVoiceOptions['turnEnd'] {
    const { sessionId, endTurnTimeoutMs } = settings;
    if (endTurnTimeoutMs === undefined) return undefined;
    const { clock } = capture;
    return {
      timeoutFrames: (endTurnTimeoutMs / 1000) * clock.rate,
      now: () => capture.endOf('user'),
      ask: ({ askId, turnId, end, decided }) => {
        const silenceMs = clock.toMs(decided) - clock.toMs(end);
        report({ type: 'turn-end-asked', sessionId, askId, turnId, endMs: clock.toMs(end), silenceMs });
      },
      withdraw: (askId) => report({ type: 'turn-end-withdrawn', sessionId, askId }),
    };
  }
}

const muteEvent = ({ silent, ...place }: Silenced): MuteEvent => ({ muted: silent, ...place });
