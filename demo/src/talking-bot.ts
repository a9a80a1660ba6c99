import type { Session } from 'turntape';
import { afterSpeech, afterUserTurn, FRESH, greeting, reply } from './dialogue.ts';
import type { EarlierTalk, Memory } from './dialogue.ts';
import { heardText, speechText } from './heard-words.ts';
import type { HeardText } from './heard-words.ts';
import type { SpokenSentence } from './speech/messages.ts';
import type { Voice } from './speech/voice.ts';

/** What the page shows of the bot. */
export type BotNews =
  /** It has begun to speak; further sentences follow under the same turn. */
  | { type: 'speech'; turnId: string; sentences: readonly SpokenSentence[] }
  /** The first frame was put out. */
  | { type: 'sounding'; turnId: string }
  /** It has finished, or was cut. */
  | { type: 'finished'; turnId: string; cut: boolean; text: HeardText }
  | { type: 'failed'; message: string };

/** The other half of the conversation: answers each turn of the user, and falls silent when it is cut. */
export class TalkingBot {
  readonly #session: Session;
  readonly #voice: Voice;
  readonly #tell: (news: BotNews) => void;
  readonly #offs: (() => void)[];
  #memory: Memory = FRESH;
  /** The turn that is being spoken. */
  #speaking: string | undefined;
  #cutCause: 'voice' | 'button' = 'voice';
  #userStoppedAtMs: number | undefined;
  #latencyMs: number | null = null;

  constructor(session: Session, voice: Voice, tell: (news: BotNews) => void) {
    this.#session = session;
    this.#voice = voice;
    this.#tell = tell;
    this.#offs = [
      session.on('turn-start', ({ turn }) => {
        if (turn.speaker === 'bot') this.#sounds(turn.turnId, turn.startMs);
      }),
      session.on('turn-end', ({ turn }) => {
        if (turn.speaker === 'user') this.#heed(turn.startMs, turn.endMs ?? turn.startMs);
      }),
      session.on('interruption', ({ cause }) => {
        this.#cutCause = cause === 'manual' ? 'button' : 'voice';
      }),
    ];
  }

  /** True while it speaks, or is about to. */
  get speaking(): boolean {
    return this.#speaking !== undefined;
  }

  /** Says its opening words; `earlier`: what it remembers of the last conversation. */
  greet(earlier?: EarlierTalk): void {
    this.#begin(greeting(earlier));
  }

  /** Cuts it by hand, as the button does. */
  async interrupt(): Promise<void> {
    await this.#session.bot.interrupt();
  }

  /** Says no more. */
  dispose(): void {
    for (const off of this.#offs) off();
  }

  #sounds(turnId: string, startMs: number): void {
    if (turnId !== this.#speaking) return;
    this.#latencyMs = this.#userStoppedAtMs === undefined ? null : Math.max(0, startMs - this.#userStoppedAtMs);
    this.#tell({ type: 'sounding', turnId });
  }

  #heed(startMs: number, endMs: number): void {
    this.#memory = afterUserTurn(this.#memory, endMs - startMs);
    this.#userStoppedAtMs = endMs;
    // A word thrown in while the bot goes on speaking is remembered, and answered with the next turn.
    if (this.#speaking === undefined && !this.#session.activeTurn('user')) this.#begin(reply(this.#memory));
  }

  #begin(sentences: readonly string[]): void {
    this.#speak(sentences).catch((thrown: unknown) => {
      this.#speaking = undefined;
      // The session may end in the middle of a sentence: that is no failure of the bot.
      if (this.#session.state === 'ended' || this.#session.state === 'stopping') return;
      this.#tell({ type: 'failed', message: thrown instanceof Error ? thrown.message : String(thrown) });
    });
  }

  async #speak(texts: readonly string[]): Promise<void> {
    this.#latencyMs = null;
    const utterance = this.#session.bot.begin();
    const { turnId } = utterance;
    this.#speaking = turnId;
    let over = false;
    const done = utterance.done.finally(() => {
      over = true;
    });
    const spoken: SpokenSentence[] = [];
    for (const text of texts) {
      const sentence = await this.#voice.synthesize(text);
      // Cut while this sentence was made: it was never given to the player, so it was never generated.
      if (over) break;
      utterance.write(sentence.pcm, { sampleRate: sentence.sampleRate });
      spoken.push(sentence);
      this.#tell({ type: 'speech', turnId, sentences: [...spoken] });
    }
    utterance.end();
    const entry = { turnId, role: 'assistant', language: 'en-US' } as const;
    const transcript = this.#session.transcripts.attach({ ...entry, text: speechText(spoken) });

    const { interrupted, heardMs } = await done;
    const text = heardText(spoken, interrupted ? heardMs : Number.POSITIVE_INFINITY);
    this.#speaking = undefined;
    const cut = interrupted ? this.#cutCause : undefined;
    this.#memory = afterSpeech(this.#memory, { ...text, cut, latencyMs: this.#latencyMs });
    this.#tell({ type: 'finished', turnId, cut: interrupted, text });
    // What was said becomes what was heard: the second revision of the same entry.
    const { transcriptId } = await transcript;
    if (!interrupted) return;
    const heard = { ...entry, transcriptId, revision: 2, text: text.heard.trimEnd(), interrupted: true };
    await this.#session.transcripts.attach(heard);
  }
}
