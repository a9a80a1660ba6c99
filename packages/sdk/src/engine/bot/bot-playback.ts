import type { BargeInCommand } from '../../core/barge-in.ts';
import type { TurntapeError } from '../../core/errors.ts';
import type { UtteranceResult } from '../../core/events.ts';
import type { BotMessage, CutResult, EngineFact } from '../../core/messages/page-engine.ts';
import {
  type CutUtterance,
  DECLICK_MS,
  type PlayerCommand,
  type PlayerEvent,
} from '../../core/messages/player-engine.ts';
import type { TapCommand } from '../../core/messages/tap-engine.ts';
import type { ResamplerQuality } from '../../core/settings.ts';
import type { TrackedTurn, TrackerFact, TrackerNews } from '../../core/turn-tracker.ts';
import type { InterruptionCause } from '../../core/turn.ts';
import { type BotCut, BotCuts, type CutCause } from './bot-cuts.ts';
import { BotInput } from './bot-input.ts';
import { BotVoice } from './bot-voice.ts';
import type { Integrity } from '../integrity/integrity.ts';
import type { Loudspeaker } from './loudspeaker.ts';
import type { PassThrough } from './pass-through.ts';
import type { SessionClock } from '../capture/session-clock.ts';
import type { TailCut, UnheardTails } from './unheard-tails.ts';
import type { TurnNotes } from '../turns/turn-notes.ts';
import { type UtteranceLedger, heardOf } from './utterance-ledger.ts';

/** Ramp of the duck and of its return: too short to hear as a step, too long to click. */
const DUCK_RAMP_MS = 20;

export interface BotPlaybackOptions {
  sessionId: string;
  clock: SessionClock;
  duckGain: number;
  newId: () => string;
  /** What was still on its way to the ear. */
  outputLatencyMs: () => number;
  feed: (fact: TrackerFact) => void;
  openTurn: () => TrackedTurn | undefined;
  /** Something of ours is heard, or nothing is left that could be. The turn stays open for a while after that. */
  onSound: (sounds: boolean, at: number) => void;
  report: (fact: EngineFact) => void;
  notes: Pick<TurnNotes, 'cut'>;
  utterances: UtteranceLedger;
  passThrough: PassThrough;
  loudspeaker: Pick<Loudspeaker, 'unheardIn' | 'putOut' | 'onItsWayMs'>;
  onError: (error: TurntapeError) => void;
  /** How well what is written is changed to the context's rate. */
  resampler: ResamplerQuality | undefined;
  /** Compares what was given with what is recorded. */
  integrity: Pick<Integrity, 'given' | 'putOut'>;
  /** Undefined: what is never heard is not kept. */
  tails: UnheardTails | undefined;
}

/** An attached stream: how far it was captured, and our gain when it is we who play it. */
interface Attachment {
  end: () => number | undefined;
  gate: ((command: TapCommand) => void) | undefined;
}

/** The bot's side of the floor: what was put out of what it was given, and how it is silenced. */
export class BotPlayback {
  readonly #options: BotPlaybackOptions;
  readonly #voice: BotVoice;
  readonly #tails: UnheardTails | undefined;
  readonly #input: BotInput;
  readonly #passThrough: PassThrough;
  readonly #cuts = new BotCuts();
  #player: ((command: PlayerCommand) => void) | undefined;
  #attachment: Attachment | undefined;
  /** The utterance that sounds in our player, and since when. */
  #sounding: { utteranceId: string; from: number } | undefined;

  constructor(options: BotPlaybackOptions) {
    this.#options = options;
    this.#tails = options.tails;
    this.#passThrough = options.passThrough;
    this.#voice = new BotVoice({
      utterances: options.utterances,
      tails: this.#tails,
      clockRate: () => options.clock.rate,
      resampler: options.resampler,
      play: (command) => this.#player?.(command),
      onBegun: (utteranceId, turnId) => options.feed({ type: 'utterance-begun', utteranceId, turnId }),
      newId: options.newId,
      onGiven: (utteranceId, samples) => options.integrity.given(utteranceId, samples),
    });
    this.#input = new BotInput({ ...options, voice: this.#voice });
  }

  /** `at`: how far the track goes. What another player before it still held is lost with it, and settled. */
  connectPlayer(player: (command: PlayerCommand) => void, at: number): void {
    if (this.#player) this.#playerLost(at);
    this.#player = player;
  }

  attach(end: () => number | undefined, gate: ((command: TapCommand) => void) | undefined): void {
    this.#attachment = { end, gate };
  }

  detach(): void {
    this.#attachment = undefined;
  }

  say(message: Extract<BotMessage, { type: 'begin' | 'pcm' | 'opus' | 'end' }>): void {
    this.#input.take(message);
  }

  /** What sounds is not what was given any more. */
  disturbed(): void {
    this.#passThrough.disturbed(this.#sounding?.utteranceId);
  }

  /** Carries out what the barge-in policy decided at this frame. */
  obey(command: BargeInCommand, cause: InterruptionCause, at: number): void {
    if (command === 'cut') {
      void this.cut(cause, at);
      return;
    }
    const gain = command === 'duck' ? this.#options.duckGain : 1;
    this.disturbed();
    this.#player?.({ type: 'gain', gain, rampMs: DUCK_RAMP_MS });
    this.#attachment?.gate?.({ type: 'gain', gain, rampMs: DUCK_RAMP_MS });
  }

  /** Silences the bot, by a decision of this frame. Settles with what was cut; undefined when nothing was playing. */
  cut(cause: CutCause, decided: number): Promise<CutResult | undefined> {
    return this.#cuts.begin(cause, decided, (cutId) => this.#silence(cutId));
  }

  /** A new bot turn is heard: after a cut our gain on an attached stream stays shut until then. */
  take(news: readonly TrackerNews[]): void {
    if (news.some((item) => item.type === 'turn-start' && item.turn.speaker === 'bot'))
      this.#attachment?.gate?.({ type: 'gain', gain: 1, rampMs: DUCK_RAMP_MS });
  }

  /** What the player did, at a session frame. */
  event(event: PlayerEvent, at: number): void {
    switch (event.kind) {
      case 'started':
        this.#sounding = { utteranceId: event.utteranceId, from: at };
        this.#passThrough.started(event.utteranceId, at);
        // Silent, or in the fade behind a silence.
        if (this.#options.loudspeaker.unheardIn(at - this.#options.clock.toFrames(DECLICK_MS), at + 1) > 0)
          this.disturbed();
        this.#tails?.sounds(event.utteranceId, at);
        this.#options.feed({ type: 'utterance-started', utteranceId: event.utteranceId, at });
        this.#options.onSound(true, at);
        return;
      case 'drained':
        this.#settle(event);
        this.#passThrough.drained(event.utteranceId, at);
        this.#tails?.drained(event.utteranceId);
        this.#options.feed({ type: 'utterance-drained', utteranceId: event.utteranceId, at });
        if (this.#options.utterances.open().length === 0) this.#options.onSound(false, at);
        return;
      case 'underrun':
        // Silence inside the turn: it is heard, so it is recorded, and it splits nothing.
        this.#passThrough.disturbed(event.utteranceId);
        this.#tails?.ranDry(event.utteranceId, at);
        return;
      case 'cut':
        this.wasCut(event.cutId, at, event.utterances);
        return;
    }
  }

  /** The cut took effect: `at` is the session frame after the last one that sounded. */
  wasCut(cutId: number, at: number, utterances: readonly CutUtterance[]): void {
    const cut = this.#cuts.answered(cutId);
    const turn = this.#options.openTurn();
    // A cut of an engine that died before it heard of it: most are by the user's voice.
    const unknown = !cut && utterances.some((each) => this.#options.utterances.isOpen(each.utteranceId));
    const said = cut?.cause ?? (unknown ? 'client_vad' : null);
    const cause = said === 'session_end' ? null : said;
    for (const utterance of utterances) this.#settle(utterance, { at, cause });
    const utteranceIds = utterances.map((utterance) => utterance.utteranceId);
    this.#voice.drop(utteranceIds);
    // It may have been ducked: the next utterance begins at full level.
    this.#player?.({ type: 'gain', gain: 1, rampMs: 0 });
    if (!cut) {
      if (unknown) this.#options.feed({ type: 'cut', at, utteranceIds, cause: 'client_vad' });
      return;
    }
    // What waits at the session's end is the session's to settle.
    if (cut.cause === 'session_end' || (!turn && utteranceIds.length === 0)) {
      cut.settle(undefined);
      return;
    }
    // Of a turn that had been said to the end nothing is cut, only what waited behind it.
    const lost = turn?.utteranceIds.find((utteranceId) => utteranceIds.includes(utteranceId));
    const isCut = turn && (turn.utteranceIds.length === 0 || lost !== undefined);
    const result = isCut ? this.#result(turn, at, lost, this.#cutLatency(cut, turn, at)) : undefined;
    this.#options.feed({ type: 'cut', at, utteranceIds, cause: cut.cause });
    if (!result) {
      cut.settle(undefined);
      return;
    }
    const { epoch, frame: cutFrame } = this.#options.clock.toPlace(at);
    const event = { ...result, cause: cut.cause, epoch, cutFrame };
    this.#options.report({ type: 'interruption', sessionId: this.#options.sessionId, event });
    cut.settle(result);
  }

  /** The bot's track goes on: what was put out of the sounding utterance is no part of a tail. */
  advanced(from: number, samples: Float32Array): void {
    if (!this.#tails || !this.#sounding) return;
    const isAudible = samples.some((sample) => sample !== 0);
    this.#tails.advanced(this.#sounding.utteranceId, from, from + samples.length, isAudible);
  }

  /** Utterances that will never be settled by the player: the session is over at this frame. */
  settleRest(at: number): void {
    for (const utteranceId of this.#options.utterances.open())
      this.#settle({ utteranceId, renderedFrames: 0 }, { at, cause: null });
    if (this.#tails) this.#voice.flush();
  }

  /** By the way that the open turn is played; with none open, our player only drops its queue. */
  #silence(cutId: number): void {
    const turn = this.#options.openTurn();
    const attachment = turn?.utteranceIds.length === 0 ? this.#attachment : undefined;
    if (attachment?.gate) attachment.gate({ type: 'cut', cutId });
    else if (attachment) this.wasCut(cutId, attachment.end() ?? 0, []);
    else if (this.#player) this.#player({ type: 'cut', cutId });
    else this.wasCut(cutId, 0, []);
  }

  #playerLost(at: number): void {
    const open = this.#options.utterances.open();
    this.#voice.drop(open);
    for (const utteranceId of open) {
      const from = this.#sounding?.utteranceId === utteranceId ? this.#sounding.from : at;
      const deafenedFrames = this.#options.loudspeaker.unheardIn(from, at);
      this.#settle({ utteranceId, renderedFrames: Math.max(0, at - from), deafenedFrames }, { at, cause: null });
      this.#options.feed({ type: 'utterance-drained', utteranceId, at });
    }
  }

  #settle(
    { utteranceId, renderedFrames, deafenedFrames = 0 }: CutUtterance,
    cut?: Omit<TailCut, 'renderedFrames'>,
  ): void {
    if (!this.#options.utterances.isOpen(utteranceId)) return;
    const { clock, sessionId, report, utterances, integrity } = this.#options;
    integrity.putOut(utteranceId, renderedFrames);
    const put = { renderedMs: clock.toMs(renderedFrames), deafenedMs: clock.toMs(deafenedFrames) };
    const result: UtteranceResult = utterances.settle(utteranceId, put, cut && this.#onItsWay(cut.at));
    if (cut) this.#passThrough.disturbed(utteranceId);
    if (cut) this.#tails?.cut(utteranceId, { ...cut, renderedFrames });
    report({ type: 'utterance-done', sessionId, utteranceId, result });
  }

  /** Null: somebody else plays it, and we cannot know when it fell silent. */
  #cutLatency({ decided }: BotCut, turn: TrackedTurn, at: number): number | null {
    const { clock, notes } = this.#options;
    if (turn.utteranceIds.length === 0 && !this.#attachment?.gate) return null;
    const latencyMs = clock.toMs(Math.max(0, at - decided));
    notes.cut(turn.turnId, latencyMs);
    return latencyMs;
  }

  #result(turn: TrackedTurn, at: number, utteranceId: string | undefined, cutLatencyMs: number | null): CutResult {
    const { loudspeaker, utterances } = this.#options;
    const { generatedMs, ...sums } = utterances.sum(turn.utteranceIds);
    const isWritten = turn.utteranceIds.length > 0;
    const put = isWritten ? sums : loudspeaker.putOut(turn.start, at);
    return {
      turnId: turn.turnId,
      utteranceId,
      renderedMs: put.renderedMs,
      heardMs: heardOf(put, this.#onItsWay(at)),
      generatedMs: isWritten ? generatedMs : null,
      cutLatencyMs,
    };
  }

  #onItsWay(at: number): number {
    return this.#options.loudspeaker.onItsWayMs(at, this.#options.outputLatencyMs());
  }
}
