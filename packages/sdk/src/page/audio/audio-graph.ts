import { TurntapeError } from '../../core/errors.ts';
import { PLAYER_PROCESSOR, TAP_PROCESSOR, type WorkletOptions } from '../../core/messages/audio-setup.ts';
import type { LoudspeakerState } from '../../core/messages/loudspeaker.ts';
import type { AssetUrls } from '../assets.ts';
import { contextRuns } from './context-start.ts';
import { onProcessorError } from '../quirks/processor-error.ts';
import { renderedOnceMore } from '../quirks/rendered-once-more.ts';
import type { Scope } from '../scope.ts';

/** How long a browser may let rendered audio wait before it is heard: a name, or seconds. */
export type LatencyHint = AudioContextLatencyCategory | number;

export interface NodeOptions {
  /** The node leaves with it. */
  scope: Scope;
  /** Its processor threw and is dead for good; the session has been told. */
  onBroken: () => void;
}

/** The session's audio context with our processors in it. */
export interface AudioGraph {
  context: AudioContext;
  /** A node that hears `source` and, with `plays`, makes it audible. Who asked disconnects the source. */
  tap(source: AudioNode, options: NodeOptions & { plays: boolean; sounds: LoudspeakerState }): AudioWorkletNode;
  player(options: NodeOptions & { sounds: LoudspeakerState }): AudioWorkletNode;
  /** Settles when the context runs. Error: `audio_context_suspended`. */
  start(): Promise<void>;
}

/** Opens the graph: the context given, or our own at the device's own rate with this latency. Errors: `audio_context_failed`,
 * `asset_not_found`. */
export async function openAudioGraph(
  assets: AssetUrls,
  given: AudioContext | LatencyHint,
  scope: Scope,
  onWorkletError: (error: TurntapeError) => void,
): Promise<AudioGraph> {
  const context = given instanceof AudioContext ? given : createContext(given);
  const ours = context !== given;
  if (ours) scope.add(() => context.close());
  await Promise.all([addModule(context, assets.tap), addModule(context, assets.player)]);

  const node = (
    name: string,
    numberOfInputs: number,
    { scope, onBroken }: NodeOptions,
    processorOptions: WorkletOptions,
  ): AudioWorkletNode => {
    const outputs = { numberOfInputs, numberOfOutputs: 1, outputChannelCount: [2] };
    const made = new AudioWorkletNode(context, name, { ...outputs, processorOptions });
    onProcessorError(made, () => {
      if (scope.disposed) return;
      onWorkletError(new TurntapeError('worklet_failed', `${name} threw an exception: another takes its place`));
      onBroken();
    });
    // A node that leads nowhere is not run by every browser; a tap that does not play is silent.
    made.connect(context.destination);
    scope.add(async () => {
      await renderedOnceMore(context);
      made.disconnect();
    });
    return made;
  };
  return {
    context,
    tap(source, options) {
      const made = node(TAP_PROCESSOR, 1, options, { ...options.sounds, plays: options.plays });
      source.connect(made);
      return made;
    },
    player: (options) => node(PLAYER_PROCESSOR, 0, options, { ...options.sounds, plays: true }),
    start: () => contextRuns(context, ours),
  };
}

function createContext(latencyHint: LatencyHint): AudioContext {
  try {
    return new AudioContext({ latencyHint });
  } catch (cause) {
    throw new TurntapeError('audio_context_failed', 'the browser gave no AudioContext', { cause, retryable: true });
  }
}

async function addModule(context: AudioContext, url: string): Promise<void> {
  try {
    await context.audioWorklet.addModule(url);
  } catch (cause) {
    const message = `The worklet did not load from ${url}: set assetBase, or run npx turntape copy-assets. Under a CSP, script-src must allow it`;
    throw new TurntapeError('asset_not_found', message, { field: 'assetBase', cause });
  }
}
