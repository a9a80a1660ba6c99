const waiting: (() => void)[] = [];
let bell: MessagePort | undefined;

/**
 * Lets every message that waits come in. A timer would take 4 ms each time.
 *
 * All pauses share one channel: a detector takes some hundreds in a second while the bot speaks, and with a channel for each Firefox, which
 * collects the garbage of a worker every five seconds, stood still for up to 48 ms (docs/decisions/0088).
 */
export function pause(): Promise<void> {
  const port = (bell ??= openBell());
  return new Promise((resolve) => {
    waiting.push(resolve);
    port.postMessage(null);
  });
}

/** Who posts to it ends the pause that has waited longest. */
function openBell(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.addEventListener('message', () => waiting.shift()?.());
  port1.start();
  return port2;
}
