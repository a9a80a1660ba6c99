import type { Announcer } from './announcer.ts';
import type { Standing } from './delivery/standing.ts';
import type { SessionNews } from './session-news.ts';
import type { RecorderPhase, TurnTapeTexts } from './texts.ts';

/** What a screen reader is told of a conversation: where it begins and ends, and what its person cannot hear. */
export class SpokenNews {
  readonly #announcer: Announcer;
  #phase: RecorderPhase = 'idle';
  #standing: Standing | undefined;

  constructor(announcer: Announcer) {
    this.#announcer = announcer;
  }

  /** After each drawing: what is said is what has changed. */
  drawn(texts: TurnTapeTexts, now: { phase: RecorderPhase; turns: number; standing: Standing | undefined }): void {
    const { said } = texts;
    const [phase, standing] = [this.#phase, this.#standing];
    this.#phase = now.phase;
    this.#standing = now.standing;
    if (phase !== now.phase && now.phase === 'recording') this.#announcer.say('phase', said.recording);
    if (phase !== now.phase && now.phase === 'ended') this.#announcer.say('phase', said.ended(now.turns));
    // While the conversation runs, each turn is delivered by itself: that is no news.
    const isNews = standing !== undefined && standing !== now.standing && now.phase === 'ended';
    if (isNews && now.standing === 'delivered') this.#announcer.say('delivery', said.delivered);
  }

  heard({ said }: TurnTapeTexts, news: SessionNews): void {
    if (news.type === 'mute') this.#announcer.say('mute', news.event.muted ? said.muted : said.unmuted);
    if (news.type === 'deafen') this.#announcer.say('deafen', news.event.deafened ? said.deafened : said.undeafened);
    if (news.type === 'interruption') this.#announcer.say('interruption', said.interrupted);
  }

  online({ said }: TurnTapeTexts, online: boolean): void {
    this.#announcer.say('network', online ? said.online : said.offline);
  }
}
