import type { Recorder, Session } from 'turntape';
import { download, makeDownload } from './delivery/save-session.ts';
import type { SaveKind } from './delivery/save-session.ts';
import type { TurnTapeTexts } from './texts.ts';
import type { TurnRow } from './turn-list.ts';
import { TurnPlayer } from './turn-player.ts';

/** What the actions need of their house. */
export interface ActionPorts {
  recorder(): Promise<Recorder>;
  session(): Session | undefined;
  texts(): TurnTapeTexts;
  changed(): void;
}

/** What a person can do with a session beside starting and stopping it, and the short word that says what came of it. */
export class SessionActions {
  readonly #ports: ActionPorts;
  readonly player: TurnPlayer;
  #hint = '';
  #saving: AbortController | undefined;

  constructor(ports: ActionPorts) {
    this.#ports = ports;
    this.player = new TurnPlayer({
      readAudio: async (segmentId) => (await ports.recorder()).readAudio(segmentId),
      changed: () => ports.changed(),
      failed: ({ reason }) => this.tell(reason === 'gone' ? ports.texts().audioGone : ports.texts().audioUnplayable),
    });
  }

  /** What came of the last action. */
  get hint(): string {
    return this.#hint;
  }

  get saving(): boolean {
    return this.#saving !== undefined;
  }

  tell(hint: string): void {
    if (this.#hint === hint) return;
    this.#hint = hint;
    this.#ports.changed();
  }

  /** Plays a turn, or stops it. */
  async play(row: TurnRow): Promise<void> {
    this.tell('');
    const files = row.segments.filter(({ hasAudio }) => hasAudio).map(({ segmentId }) => segmentId);
    await this.player.toggle(row.turnId, files);
  }

  /** Gives the session to the browser's downloads. One at a time: another call while one is made does nothing. */
  async save(kind: SaveKind): Promise<void> {
    const session = this.#ports.session();
    if (!session || this.#saving) return;
    const saving = new AbortController();
    this.#saving = saving;
    this.tell(this.#ports.texts().exporting);
    let hint = '';
    try {
      const { sessionId, files } = session;
      const made = await makeDownload(files, { sessionId, kind, signal: saving.signal });
      download(made);
      hint = this.#ports.texts().exported(made.name);
    } catch (thrown) {
      if (!saving.signal.aborted) throw thrown;
    } finally {
      this.#saving = undefined;
      this.tell(hint);
      this.#ports.changed();
    }
  }

  /** Erases a session that has ended, from this device and, where there is one, from the backend. */
  async erase(): Promise<string | undefined> {
    const session = this.#ports.session();
    if (!session) return undefined;
    const recorder = await this.#ports.recorder();
    const { sessionId } = session;
    this.player.stop();
    this.#saving?.abort();
    await recorder.erase({ sessionId, atTarget: recorder.outbox.progress !== undefined });
    this.tell(this.#ports.texts().erased);
    return sessionId;
  }

  /** Sends now what waits, what was refused and what was paused. */
  async send(): Promise<void> {
    const { outbox } = await this.#ports.recorder();
    if (outbox.progress?.paused === true) outbox.resume();
    await outbox.retry();
  }

  /** Before another session. */
  clear(): void {
    this.player.stop();
    this.tell('');
  }

  async dispose(): Promise<void> {
    this.#saving?.abort();
    await this.player.dispose();
  }
}
