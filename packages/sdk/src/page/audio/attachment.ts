import { TurntapeError } from '../../core/errors.ts';
import type { InterruptionEvent } from '../../core/events.ts';
import type { Scope } from '../scope.ts';

/** What can be attached as the bot: something that already plays, or is about to. A node must be of `session.audioContext`. */
export type AttachSource = MediaStream | MediaStreamTrack | HTMLMediaElement | AudioNode;

export interface AttachOptions {
  /**
   * Play it through us, so that we can cut it. Default false; always so for an element that plays a file, whose sound is
   * ours from then on. An element that plays a stream is muted while we play it.
   */
  play?: boolean;
  /** How it is cut into turns: by voice activity on it, or by `startTurn()` and `endTurn()`. Default `activity`. */
  boundaries?: 'activity' | 'manual';
  /** Called on an interruption when we do not play the stream: silence it yourself. On the page. */
  onCut?: (event: InterruptionEvent) => void;
}

/** An attached stream. */
export interface Attachment {
  /** Marks, with `boundaries: 'manual'`. The turn's id is known at once. */
  startTurn(): { turnId: string };
  endTurn(): void;
  onCut: ((event: InterruptionEvent) => void) | undefined;
  /** Stops recording it. Elements stay audible. */
  detach(): Promise<void>;
}

/** What is tapped of an attached source, and whether it has to sound through us. */
export interface AttachedNode {
  node: AudioNode;
  plays: boolean;
}

/** Makes a node of what is attached. The scope undoes it. */
export function attachedNode(context: AudioContext, source: AttachSource, play: boolean, scope: Scope): AttachedNode {
  if (source instanceof AudioNode) {
    if (source.context === context) return { node: source, plays: play };
    const message = 'the node belongs to another AudioContext: use session.audioContext';
    throw new TurntapeError('source_foreign_context', message, { field: 'source' });
  }
  if (source instanceof HTMLMediaElement) return elementNode(context, source, play, scope);
  const stream = source instanceof MediaStreamTrack ? new MediaStream([source]) : source;
  return { node: streamNode(context, stream, scope), plays: play };
}

function elementNode(context: AudioContext, element: HTMLMediaElement, play: boolean, scope: Scope): AttachedNode {
  const { srcObject, muted } = element;
  if (!(srcObject instanceof MediaStream)) return { node: fileNode(context, element, scope), plays: true };
  // A node of an element that plays a stream is silent in Chromium: the stream itself is tapped.
  const node = streamNode(context, srcObject, scope);
  if (play) {
    element.muted = true;
    scope.add(() => {
      element.muted = muted;
    });
  }
  return { node, plays: play };
}

function fileNode(context: AudioContext, element: HTMLMediaElement, scope: Scope): AudioNode {
  try {
    const node = context.createMediaElementSource(element);
    // From here on the element sounds only through this node: it must not fall silent when it is detached.
    scope.add(() => {
      node.connect(context.destination);
    });
    return node;
  } catch (cause) {
    const message = 'the element feeds another AudioContext already: attach that context’s node or stream';
    throw new TurntapeError('source_taken', message, { field: 'source', cause });
  }
}

function streamNode(context: AudioContext, stream: MediaStream, scope: Scope): AudioNode {
  if (stream.getAudioTracks().length === 0)
    throw new TurntapeError('source_empty', 'the stream has no audio track', { field: 'source' });
  pull(stream, scope);
  return context.createMediaStreamSource(stream);
}

/**
 * Chromium gives silence from a remote WebRTC stream unless a media element pulls it (crbug.com/121673; measured: peak
 * 0 without, full level with a muted one).
 */
function pull(stream: MediaStream, scope: Scope): void {
  const element = new Audio();
  element.muted = true;
  element.srcObject = stream;
  scope.add(() => {
    element.srcObject = null;
  });
}
