import { typedPort } from '../../core/messages/ports.ts';
import type { TeeFrame, TeeMessage, TeeReply } from '../../core/messages/tee.ts';

export type { TeeFrame, TeeMessage, TeeReply } from '../../core/messages/tee.ts';

/**
 * The frames of `session.user.tee()` as a stream, in whatever thread holds the port: the page, or a worker, which gets them while the
 * page stands still. A frame is taken from the engine when it is read, so a slow reader's frames wait there. The stream closes
 * with the session; cancelling it ends the tee. Of an engine that crashed nothing more comes: the session's error
 * `engine_restarted` says so, and another tee is to be opened.
 */
export function readTee(port: MessagePort): ReadableStream<TeeFrame> {
  const engine = typedPort<TeeReply, TeeMessage>(port, () => []);
  const arrived: TeeMessage[] = [];
  let wake: (() => void) | undefined;
  return new ReadableStream<TeeFrame>(
    {
      start() {
        engine.receive((message) => {
          arrived.push(message);
          wake?.();
        });
      },
      async pull(controller) {
        while (arrived.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        const message = arrived.shift();
        if (message?.type === 'frame') {
          const { samples, fromMs, lostMs } = message;
          engine.send({ type: 'taken' });
          controller.enqueue({ samples, fromMs, lostMs });
          return;
        }
        engine.close();
        controller.close();
      },
      cancel() {
        engine.send({ type: 'close' });
        engine.close();
      },
    },
    { highWaterMark: 0 },
  );
}
