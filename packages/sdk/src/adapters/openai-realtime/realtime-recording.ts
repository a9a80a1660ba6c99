import { TurntapeError, isTurntapeError } from '../../core/errors.ts';
import type { Attachment, AttachSource } from '../../page/audio/attachment.ts';
import { Scope } from '../../page/scope.ts';
import type { Session } from '../../page/session.ts';
import { ItemTranscripts } from '../item-transcripts.ts';
import { UserItems } from '../user-items.ts';
import { DEFAULT_FORMAT } from './audio-format.ts';
import { HeardResponses } from './heard-responses.ts';
import type { OpenConnection } from './realtime-connection.ts';
import { type RealtimeNews, readServerEvent } from './server-events.ts';
import { SpokenItems } from './spoken-items.ts';
import { ToldServer } from './told-server.ts';

/** What the adapter uses of a session. */
export type RecordedSession = Pick<Session, 'on' | 'bindTurn'> & {
  readonly bot: Pick<Session['bot'], 'begin' | 'attach' | 'interrupt'>;
  readonly user: Pick<Session['user'], 'serverVad'>;
  readonly transcripts: Pick<Session['transcripts'], 'attach'>;
};

/** How a conversation with the Realtime API is recorded. */
export interface RealtimeOptions {
  /** WebRTC: we play the bot, so that we can cut it within milliseconds; mute whoever played it. Default false. */
  play?: boolean;
  /**
   * WebRTC: what makes the bot's turns. `messages`: the server's `output_audio_buffer.started` and `.stopped`, one turn for a response.
   * `activity`: the sound itself, for a server that does not send these. Default `messages`.
   */
  boundaries?: 'messages' | 'activity';
  /** A failure that nobody awaits: a transcript that could not be kept, audio that cannot be read. Default: `reportError` of the page. */
  onError?: (error: TurntapeError) => void;
}

/** A recording of a conversation. It ends with the session or by `dispose()`; the connection stays the app's. */
export interface RealtimeRecording extends AsyncDisposable {
  /** Listens no more, detaches a track, and lets what has come be said to its end. Settles when every transcript is kept. */
  dispose(): Promise<void>;
}

/** What one connection says, made into turns of the session, and the other way round. */
export class Recording implements RealtimeRecording {
  readonly #session: RecordedSession;
  readonly #connection: OpenConnection;
  readonly #options: RealtimeOptions;
  readonly #scope = new Scope((thrown) => this.#fail(thrown));
  readonly #transcripts: ItemTranscripts;
  readonly #users = new UserItems();
  readonly #spoken: SpokenItems | undefined;
  readonly #heard: HeardResponses | undefined;
  readonly #bound = new Set<string>();
  readonly #active = new Set<string>();
  readonly #server: ToldServer;
  /** What was said so far of an item whose text is not whole. */
  readonly #partial = new Map<string, { responseId: string; text: string }>();
  #format = DEFAULT_FORMAT;
  /** The API's default. */
  #serverCuts = true;

  constructor(session: RecordedSession, connection: OpenConnection, options: RealtimeOptions) {
    this.#session = session;
    this.#connection = connection;
    this.#options = options;
    this.#server = new ToldServer(connection, (error) => this.#fail(error));
    this.#transcripts = new ItemTranscripts(session.transcripts, (error) => this.#fail(error));
    const shared = {
      transcripts: this.#transcripts,
      bind: (turnId: string, itemId: string): void => this.#bind(turnId, itemId),
    };
    if (connection.audio)
      this.#heard = new HeardResponses({
        ...shared,
        interrupt: async () => void (await session.bot.interrupt({ cause: 'server' })),
      });
    else
      this.#spoken = new SpokenItems({
        ...shared,
        bot: session.bot,
        format: () => this.#format,
        send: (event) => this.#server.send(event),
      });
  }

  /** Listens at once: nothing that comes while a track is attached is missed. */
  async open(): Promise<void> {
    const { line, audio } = this.#connection;
    this.#scope.add(() => this.#transcripts.settled());
    this.#scope.listen(line, 'message', (event) => this.#hear((event as MessageEvent).data));
    this.#scope.listen(line, 'close', () => this.#finish());
    this.#scope.add(() => this.#finish());
    this.#scope.add(
      this.#session.on('turn-start', ({ turn }) => {
        if (turn.speaker === 'bot') {
          this.#heard?.turnStarted(turn.turnId);
          return;
        }
        this.#users.turn(turn);
        this.#bindNow();
      }),
    );
    this.#scope.add(this.#session.on('turn-end', ({ turn }) => turn.speaker === 'user' && this.#users.turn(turn)));
    this.#scope.add(this.#session.on('interruption', ({ turnId, cause }) => this.#wasCut(turnId, cause === 'server')));
    this.#scope.add(this.#session.on('state', ({ state }) => state === 'ended' && void this.dispose()));
    if (!audio) return;
    try {
      const source = audio.source ?? remoteTrack(audio.peerConnection);
      if (source) await this.#attach(source);
      else this.#awaitTrack(audio.peerConnection);
    } catch (thrown) {
      await this.dispose();
      throw thrown;
    }
  }

  dispose(): Promise<void> {
    this.#server.leave();
    return this.#scope.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #hear(data: unknown): void {
    const news = readServerEvent(data);
    if (!news) return;
    try {
      this.#take(news);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #take(news: RealtimeNews): void {
    switch (news.type) {
      case 'settings':
        this.#format = news.output ?? this.#format;
        this.#serverCuts = news.cuts ?? this.#serverCuts;
        return;
      case 'user-speech':
        if (news.speaks) {
          this.#users.began(news.itemId, Date.now());
          this.#bindNow();
        } else this.#users.ended(news.itemId, Date.now());
        // A server that does not cut its reply leaves it to the session's own policy, and to its own detector.
        if (this.#serverCuts) this.#session.user.serverVad(news.speaks);
        return;
      case 'user-committed':
        this.#users.ended(news.itemId, Date.now());
        this.#joinUser(news.itemId);
        return;
      case 'user-text':
        this.#joinUser(news.itemId);
        this.#transcripts.learn(news.itemId, { role: 'user', text: news.text });
        return;
      case 'response':
        this.#response(news.responseId, news.isActive);
        return;
      case 'bot-item':
        this.#heard?.item(news.responseId, news.itemId);
        return;
      case 'bot-audio':
        this.#spoken?.audio(news);
        return;
      case 'bot-audio-end':
        this.#spoken?.audioEnd(news.itemId);
        return;
      case 'bot-text':
        this.#text(news);
        return;
      case 'bot-plays':
        this.#plays(news);
        return;
      case 'refused':
        this.#server.refused(news);
        return;
    }
  }

  #response(responseId: string, isActive: boolean): void {
    if (isActive) {
      this.#active.add(responseId);
      return;
    }
    this.#active.delete(responseId);
    this.#spoken?.responseOver(responseId);
    // What was said before it was cancelled is all there is.
    for (const [itemId, { responseId: its, text }] of this.#partial) {
      if (its !== responseId) continue;
      this.#partial.delete(itemId);
      this.#transcripts.learn(itemId, { role: 'assistant', text });
    }
  }

  #text({ responseId, itemId, text, isWhole }: Extract<RealtimeNews, { type: 'bot-text' }>): void {
    this.#heard?.item(responseId, itemId);
    if (isWhole) {
      this.#partial.delete(itemId);
      this.#transcripts.learn(itemId, { role: 'assistant', text });
      return;
    }
    this.#partial.set(itemId, { responseId, text: (this.#partial.get(itemId)?.text ?? '') + text });
  }

  #plays({ responseId, now }: Extract<RealtimeNews, { type: 'bot-plays' }>): void {
    if (now === 'started') this.#heard?.started(responseId);
    else if (now === 'stopped') this.#heard?.stopped();
    else this.#heard?.cleared().catch((thrown: unknown) => this.#fail(thrown));
  }

  /** By the user's voice or by hand: the server goes on until it is told. When it cut, it knows. */
  #wasCut(turnId: string, byServer: boolean): void {
    this.#heard?.interrupted(turnId);
    if (byServer) return;
    for (const response_id of this.#active) this.#server.send({ type: 'response.cancel', response_id });
    this.#active.clear();
    if (this.#heard) this.#server.send({ type: 'output_audio_buffer.clear' });
  }

  #bindNow(): void {
    const { now } = this.#users;
    if (now) this.#bind(now.turnId, now.itemId);
  }

  #joinUser(itemId: string): void {
    const turn = this.#users.turnOf(itemId, Date.now());
    if (!turn) return;
    this.#bind(turn.turnId, itemId);
    this.#transcripts.learn(itemId, { turnId: turn.turnId, occurredAt: turn.startedAt });
  }

  /** A turn has one id of the stack: that of its first item. The transcripts of the others name the turn. */
  #bind(turnId: string, itemId: string): void {
    if (this.#bound.has(turnId)) return;
    this.#bound.add(turnId);
    this.#session.bindTurn({ turnId, externalId: itemId });
  }

  async #attach(source: AttachSource): Promise<void> {
    const { play = false, boundaries = 'messages' } = this.#options;
    const marked = boundaries === 'messages';
    const attachment: Attachment = await this.#session.bot.attach(source, {
      play,
      boundaries: marked ? 'manual' : 'activity',
    });
    this.#scope.add(() => attachment.detach());
    if (marked) this.#heard?.attached(attachment);
  }

  #awaitTrack(peer: Pick<EventTarget, 'addEventListener' | 'removeEventListener'> | undefined): void {
    if (!peer) return;
    let isThere = false;
    this.#scope.listen(peer, 'track', (event) => {
      const { track } = event as RTCTrackEvent;
      if (isThere || track.kind !== 'audio') return;
      isThere = true;
      this.#attach(track).catch((thrown: unknown) => this.#fail(thrown));
    });
  }

  #finish(): void {
    this.#spoken?.finish();
    this.#heard?.finish();
  }

  #fail(thrown: unknown): void {
    const error = isTurntapeError(thrown)
      ? thrown
      : new TurntapeError('invalid_argument', 'a message of the voice backend could not be taken', { cause: thrown });
    (this.#options.onError ?? reportError)(error);
  }
}

function remoteTrack(peer: Pick<RTCPeerConnection, 'getReceivers'> | undefined): MediaStreamTrack | undefined {
  return peer?.getReceivers().find(({ track }) => track.kind === 'audio' && track.readyState === 'live')?.track;
}
