import { TurntapeError } from '../../core/errors.ts';
import type { MicrophoneEvent, SessionMicrophone, SessionRunState } from '../../core/events.ts';
import type { CaptureNote } from '../../core/messages/capture-note.ts';
import type { CaptureSetup } from '../../core/messages/page-engine.ts';
import type { SessionStats } from '../../core/stats.ts';
import type { AudioGraph } from '../audio/audio-graph.ts';
import type { ContextState } from '../audio/context-life.ts';
import { watchContext } from '../audio/context-watch.ts';
import { type MicrophoneChoice, type OutputChoice, mediaDevices, setSink } from '../microphone/devices.ts';
import { type Microphone, type MicrophoneConstraints, capturedSettings } from '../microphone/microphone.ts';
import { MicrophoneLife } from '../microphone/microphone-life.ts';
import { MediaWatch } from '../microphone/media-watch.ts';
import { microphoneStats, playbackStats } from '../microphone/media-stats.ts';
import { onFrozen } from '../quirks/frozen.ts';
import { outputLatency } from '../quirks/output-latency.ts';
import { resumeSuspended } from '../quirks/resume-suspended.ts';
import { Scope } from '../scope.ts';
import type { SessionSources } from './session-sources.ts';
import type { EngineThread } from '../engine-life.ts';

/**
 * Output latency is read again this often: it is 0 until something has sounded, settles some seconds after the start, and
 * moves with the device. A short reply must not end before it is known.
 */
const LATENCY_EVERY_MS = 250;

/** What the browser lost is asked for this often: so exact is the place of such a loss. */
const MEDIA_EVERY_MS = 500;

export interface SessionCaptureParts {
  sessionId: string;
  thread: EngineThread;
  sources: SessionSources;
  microphone: Microphone;
  constraints: MicrophoneConstraints;
  output: OutputChoice | undefined;
  /** The context is ours: it may be resumed and replaced. */
  ours: boolean;
  /** Of the first context. */
  contextScope: Scope;
  /** Another one took its place: whoever ends the session disposes of it. */
  onContextScope: (scope: Scope) => void;
  /** Opens another context, running. */
  openGraph: (scope: Scope) => Promise<AudioGraph>;
  scope: Scope;
  /** What the browser promised of this site's storage. */
  persisted: () => boolean | null;
  onState: (state: SessionRunState) => void;
  onMicrophone: (event: MicrophoneEvent) => void;
  fail: (error: TurntapeError) => void;
}

const STATES: Readonly<Record<ContextState, SessionRunState>> = {
  running: 'recording',
  suspended: 'suspended',
  interrupted: 'interrupted',
  dead: 'rebuilding',
  closed: 'suspended',
};

/** Keeps the capture of a session alive: its microphone, its context, and what the engine has to know of both. */
export class SessionCapture {
  readonly #parts: SessionCaptureParts;
  readonly #microphone: MicrophoneLife;
  #contextScope: Scope;
  #output: OutputChoice | undefined;
  #deviceOpened: () => void = () => undefined;

  constructor(parts: SessionCaptureParts) {
    this.#parts = parts;
    this.#contextScope = parts.contextScope;
    this.#output = parts.output;
    const { scope, sources, fail } = parts;
    this.#microphone = new MicrophoneLife(parts.microphone, {
      constraints: parts.constraints,
      scope,
      fail,
      use: async ({ stream }, sounds) => {
        this.#deviceMoves();
        await sources.changeMicrophone(stream, { sounds });
      },
      note: (state) => this.#note({ type: 'input', state, clockId: sources.clockId, frame: this.#frame() }),
      tell: (event) => {
        parts.onMicrophone(event);
        this.#update();
      },
    });
    this.#watchContext();
    // Its state says 'running' all the while (Chromium 156).
    onFrozen(
      parts.scope,
      () => this.#note({ type: 'context', state: 'suspended' }),
      () => this.#note({ type: 'context', state: 'running' }),
    );
    this.#watchLatency();
    this.#watchMedia();
  }

  get audioContext(): AudioContext {
    return this.#parts.sources.graph.context;
  }

  /** What is captured at this moment. */
  get setup(): CaptureSetup {
    return captureSetup(this.#parts.sources, this.#microphone.track);
  }

  /** Another engine knows nothing of a microphone that is silent for a reason. */
  noteAgain(): void {
    this.#microphone.noteAgain();
  }

  setMicrophone(choice: MicrophoneChoice): Promise<void> {
    return this.#microphone.set(choice);
  }

  async setOutput(choice: OutputChoice): Promise<void> {
    this.#deviceMoves();
    await setSink(this.audioContext, choice);
    this.#output = choice;
    this.#update();
  }

  /** Errors: `audio_context_suspended`. */
  async resume(): Promise<void> {
    try {
      await resumeSuspended(this.audioContext);
    } catch (cause) {
      const message = 'the audio context did not resume: call resume() from a click or a key press';
      throw new TurntapeError('audio_context_suspended', message, { retryable: true, cause });
    }
  }

  get microphone(): SessionMicrophone {
    return this.#microphone.facts;
  }

  /** The engine hears that the microphone gives digital silence, or does no more. */
  heardSilence(silent: boolean): void {
    this.#microphone.heardSilence(silent);
  }

  async stats(): Promise<SessionStats> {
    const { thread, sessionId } = this.#parts;
    return {
      ...(await thread.engine.call('stats', [sessionId])),
      microphone: microphoneStats(this.#microphone.track),
      playback: playbackStats(this.audioContext),
      persisted: this.#parts.persisted(),
      audioLink: this.#parts.sources.audioLink,
    };
  }

  #watchContext(): void {
    const { ours, onState, fail } = this.#parts;
    this.#deviceOpened = watchContext(this.audioContext, ours, this.#contextScope, {
      onState: (state) => {
        if (state === 'closed') this.#note({ type: 'closed', clockId: this.#parts.sources.clockId });
        else if (state !== 'dead') this.#note({ type: 'context', state });
        if (state === 'dead' && !ours) fail(deadContext());
        onState(state === 'dead' && !ours ? 'suspended' : STATES[state]);
      },
      onDead: () => {
        this.#rebuild().catch((cause: unknown) => fail(notRebuilt(cause)));
      },
      onError: (cause) => fail(notRebuilt(cause)),
    });
  }

  async #rebuild(): Promise<void> {
    const { openGraph, sources, onState, fail, scope: session } = this.#parts;
    const scope = new Scope((cause) => fail(notRebuilt(cause)));
    try {
      const graph = await openGraph(scope);
      if (session.disposed) throw new TurntapeError('session_ended', 'the session has ended');
      if (this.#output) await setSink(graph.context, this.#output);
      await sources.rebuild(graph);
    } catch (thrown) {
      await scope.dispose();
      if (!session.disposed) throw thrown;
      return;
    }
    const before = this.#contextScope;
    this.#contextScope = scope;
    this.#parts.onContextScope(scope);
    this.#watchContext();
    this.#update();
    onState('recording');
    await before.dispose();
  }

  /** What the browser itself lost belongs to the same ledger as what we find missing. */
  #watchMedia(): void {
    const watch = new MediaWatch();
    const timer = setInterval(() => {
      const { droppedMs, underrunMs } = watch.look(this.#microphone.track, this.audioContext);
      const place = { clockId: this.#parts.sources.clockId, frame: this.#frame() };
      if (droppedMs > 0) this.#note({ type: 'dropped', ms: droppedMs, ...place });
      if (underrunMs > 0) this.#note({ type: 'underrun', ms: underrunMs, ...place });
    }, MEDIA_EVERY_MS);
    this.#parts.scope.add(() => clearInterval(timer));
  }

  #deviceMoves(): void {
    this.#deviceOpened();
    outputLatency.deviceMoves(this.audioContext);
  }

  #watchLatency(): void {
    const devices = mediaDevices();
    if (devices) this.#parts.scope.listen(devices, 'devicechange', () => outputLatency.deviceMoves(this.audioContext));
    let known = outputLatency.read(this.audioContext);
    const timer = setInterval(() => {
      const now = outputLatency.read(this.audioContext);
      if (now === known) return;
      known = now;
      this.#update();
    }, LATENCY_EVERY_MS);
    this.#parts.scope.add(() => clearInterval(timer));
  }

  #update(): void {
    this.#call('updateCapture', [this.#parts.sessionId, this.setup]);
  }

  #note(note: CaptureNote): void {
    this.#call('note', [this.#parts.sessionId, note]);
  }

  #call(...[name, args]: ['updateCapture', [string, CaptureSetup]] | ['note', [string, CaptureNote]]): void {
    if (this.#parts.scope.disposed) return;
    const { engine } = this.#parts.thread;
    const done = name === 'note' ? engine.call(name, args) : engine.call(name, args);
    done.catch((cause: unknown) => {
      // The engine may have ended the session while this was on its way: then nobody needs it any more.
      const ended = cause instanceof TurntapeError && cause.code === 'session_ended';
      if (ended || this.#parts.scope.disposed) return;
      this.#parts.fail(new TurntapeError('worker_failed', 'the engine did not answer', { cause }));
    });
  }

  #frame(): number {
    const { currentTime, sampleRate } = this.audioContext;
    return Math.round(currentTime * sampleRate);
  }
}

/** What is captured at this moment, for the engine and for the segments' metadata. */
export function captureSetup(
  { graph, clockId }: Pick<SessionSources, 'graph' | 'clockId'>,
  track: MediaStreamTrack,
): CaptureSetup {
  const settings = capturedSettings(track);
  const { latency } = settings;
  return {
    clockId,
    clockRate: graph.context.sampleRate,
    settings,
    inputLatencyMs: typeof latency === 'number' ? latency * 1000 : null,
    outputLatencyMs: outputLatency.read(graph.context),
  };
}

function deadContext(): TurntapeError {
  const message = 'the clock of your audio context stands still: the session goes on when it does';
  return new TurntapeError('audio_context_suspended', message);
}

function notRebuilt(cause: unknown): TurntapeError {
  if (cause instanceof TurntapeError) return cause;
  return new TurntapeError('audio_context_failed', 'the audio context could not be brought back', { cause });
}
