/**
 * How much of a refused body is read and dropped before the line is cut, in bytes. A client that still sends does not
 * read: answered in the middle of its upload it sees a broken line, takes that for the network's fault and tries again
 * for ever, instead of hearing 401 or 413.
 */
const DROP_BYTES = 128 * 1024 * 1024;

/** Reads what is left of a request's body and drops it. False when it was too much: the line is to be closed. */
export async function dropBody({ body }: Request): Promise<boolean> {
  if (body === null || body.locked) return true;
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  try {
    for (let left = DROP_BYTES; left > 0;) {
      const { done, value } = await reader.read();
      if (done) return true;
      left -= value.byteLength;
    }
  } catch (cause) {
    // The client has gone; nobody hears the answer.
    if (!(cause instanceof Error)) throw cause;
  }
  return false;
}
