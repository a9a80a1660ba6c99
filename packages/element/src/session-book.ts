import type { GapEvent, Session, SessionEvents, Speaker } from 'turntape';
import type { SessionNews } from './session-news.ts';
import type { MicrophoneTrouble } from './texts.ts';
import {
  durationOf,
  withDelivery,
  withDiscarded,
  withInterruption,
  withSegment,
  withTurn,
  withWords,
} from './turn-list.ts';
import { tapeScaleMs } from './tape-scale.ts';
import type { TurnList, TurnRow } from './turn-list.ts';

/** A range that is silent on purpose: the user's while they were muted, the bot's while nobody was to hear it. */
export interface SilentRange {
  readonly speaker: Speaker;
  readonly startMs: number;
  /** Undefined while it lasts. */
  readonly endMs: number | undefined;
}

/** Below this the recorder takes a bot's record for silent, in dBFS. */
const SILENCE_DB = -60;

/** What is known of one session, from its events alone: the element only draws what stands here. */
export class SessionBook {
  #turns: TurnList = [];
  #nowMs = 0;
  #silent: readonly SilentRange[] = [];
  #gaps: readonly GapEvent[] = [];
  #trouble: MicrophoneTrouble | undefined;
  #botMissing = false;
  #lowSpace: SessionEvents['low-space'] | undefined;
  /** Words of turns that only the voice stack's id names, until a segment tells whose that is. */
  #unbound: SessionEvents['transcript'][] = [];

  constructor(session?: Session) {
    const state = session?.microphone.state;
    if (state !== undefined && state !== 'live') this.#trouble = state;
    if (session?.muted) this.#silence('user', true, 0);
    if (session?.deafened) this.#silence('bot', true, 0);
  }

  get turns(): TurnList {
    return this.#turns;
  }

  /** Session time of the last level that was measured, in milliseconds. */
  get nowMs(): number {
    return this.#nowMs;
  }

  get muted(): boolean {
    return this.#isSilent('user');
  }

  /** The person hears nothing of the bot. */
  get deafened(): boolean {
    return this.#isSilent('bot');
  }

  get silentRanges(): readonly SilentRange[] {
    return this.#silent;
  }

  get gaps(): readonly GapEvent[] {
    return this.#gaps;
  }

  /** What is the matter with the microphone. */
  get trouble(): MicrophoneTrouble | undefined {
    return this.#trouble;
  }

  /** The bot was heard, and its record is silent: until it sounds there again. */
  get botMissing(): boolean {
    return this.#botMissing;
  }

  /** What is left on the device, when that is little. */
  get lowSpace(): SessionEvents['low-space'] | undefined {
    return this.#lowSpace;
  }

  /** Writes one event down. True when there is something new to be drawn. */
  heed(news: SessionNews): boolean {
    const before = this.#turns;
    switch (news.type) {
      case 'turn-start':
      case 'turn-end':
        this.#turns = withTurn(this.#turns, news.event.turn);
        break;
      case 'interruption':
        this.#turns = withInterruption(this.#turns, news.event);
        break;
      case 'segment-kept':
        this.#turns = withSegment(this.#turns, news.event.segment);
        this.#bind();
        // There is room again.
        if (this.#lowSpace?.freeBytes === 0) this.#lowSpace = undefined;
        break;
      case 'segment-sent':
        this.#turns = withDelivery(this.#turns, news.event.segmentId, 'sent');
        break;
      case 'segment-acknowledged':
        this.#turns = withDelivery(this.#turns, news.event.segmentId, 'acknowledged');
        break;
      case 'segment-rejected':
        this.#turns = withDelivery(this.#turns, news.event.segmentId, 'rejected', news.event.error.code);
        break;
      case 'segment-discarded':
        this.#turns = withDiscarded(this.#turns, news.event);
        break;
      case 'transcript':
        this.#unbound.push(news.event);
        this.#bind();
        break;
      case 'level':
        return this.#measured(news.event);
      case 'integrity':
        this.#botMissing = true;
        return true;
      case 'mute':
        this.#silence('user', news.event.muted, news.event.atMs);
        return true;
      case 'deafen':
        this.#silence('bot', news.event.deafened, news.event.atMs);
        return true;
      case 'gap':
        this.#gaps = [...this.#gaps, news.event];
        return true;
      case 'microphone':
        this.#trouble = news.event.state === 'live' ? undefined : news.event.state;
        return true;
      case 'state':
      case 'error':
        return true;
      case 'low-space':
        this.#lowSpace = news.event;
        return true;
      case 'client_vad_start':
      case 'client_vad_stop':
      case 'volume':
      case 'redaction':
      case 'idle':
      case 'session-kept':
      case 'track-empty':
        return false;
    }
    return this.#turns !== before;
  }

  /** Words come before and after the segment that tells whose they are. */
  #bind(): void {
    this.#unbound = this.#unbound.filter(({ transcript }) => {
      const after = withWords(this.#turns, transcript);
      const isBound = after !== this.#turns;
      this.#turns = after;
      return !isBound;
    });
  }

  #isSilent(speaker: Speaker): boolean {
    return this.#silent.some((range) => range.speaker === speaker && range.endMs === undefined);
  }

  #silence(speaker: Speaker, silent: boolean, atMs: number): void {
    const ended = this.#silent.map((range) =>
      range.speaker === speaker && range.endMs === undefined ? { ...range, endMs: atMs } : range,
    );
    this.#silent = silent ? [...ended, { speaker, startMs: atMs, endMs: undefined }] : ended;
  }

  #measured({ speaker, rmsDb, atMs }: SessionEvents['level']): boolean {
    const isBack = this.#botMissing && speaker === 'bot' && rmsDb > SILENCE_DB;
    if (isBack) this.#botMissing = false;
    return this.#clock(atMs) || isBack;
  }

  /** True when an open turn has outgrown the scale of the tapes. What else grows with time writes itself: `RunningTimes`. */
  #clock(atMs: number): boolean {
    const before = this.#nowMs;
    this.#nowMs = Math.max(before, atMs);
    return this.#turns.some((row) => row.endMs === undefined && scaleMs(row, before) !== scaleMs(row, this.#nowMs));
  }
}

function scaleMs(row: TurnRow, nowMs: number): number {
  return tapeScaleMs(durationOf(row, nowMs));
}
