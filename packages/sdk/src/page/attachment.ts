import { TurntapeError } from '../core/errors.ts';
import type { InterruptionEvent } from '../core/events.ts';
import type { Scope } from './scope.ts';

/** What can be attached as the bot: something that already plays, or is about to. A node must be of `session.audioContext`. */
export type AttachSource = MediaStream | MediaStreamTrack | HTMLMediaElement | AudioNode;

export interface AttachOptions {
  /** Play it through us, so that we can cut it. Default false; always true for an element, whose sound we take over. */
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

/** Makes a node of what is attached. The scope undoes it. */
export function attachedNode(context: AudioContext, source: AttachSource, scope: Scope): AudioNode {
  if (source instanceof AudioNode) {
    if (source.context !== context)
      throw new TurntapeError(
        'source_foreign_context',
        'the node belongs to another AudioContext: use session.audioContext',
        {
          field: 'source',
        },
      );
    return source;
  }
  if (source instanceof HTMLMediaElement) return elementNode(context, source, scope);
  const stream = source instanceof MediaStreamTrack ? new MediaStream([source]) : source;
  if (stream.getAudioTracks().length === 0)
    throw new TurntapeError('source_empty', 'the stream has no audio track', { field: 'source' });
  pull(stream, scope);
  return context.createMediaStreamSource(stream);
}

function elementNode(context: AudioContext, element: HTMLMediaElement, scope: Scope): AudioNode {
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
