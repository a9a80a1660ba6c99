import type { IncomingMessage } from 'node:http';

/**
 * How much of a refused body is read and dropped before the line is cut, in bytes. A client that still sends does not
 * read: answered in the middle of its upload it sees a broken line, takes that for the network's fault and tries again
 * for ever, instead of hearing 401 or 413.
 */
const DROP_BYTES = 128 * 1024 * 1024;

/** Reads what is left of a request's body and drops it. False when it was too much: the line is to be closed. */
export async function dropBody(incoming: IncomingMessage | undefined): Promise<boolean> {
  // Undefined: the app was asked without a line, as its tests do.
  if (incoming === undefined || incoming.readableEnded || incoming.destroyed) return true;
  let left = DROP_BYTES;
  try {
    for await (const piece of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      left -= piece.byteLength;
      if (left < 0) return false;
    }
    return true;
  } catch (cause) {
    // The client has gone; nobody hears the answer.
    if (!(cause instanceof Error)) throw cause;
    return false;
  }
}
