import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { WireError } from './wire-error.ts';

/** One part of a form, while it comes. */
export interface FormPart {
  name: string;
  /** Sent as a file, with a name; else as text. */
  isFile: boolean;
  /** Its bytes; they have to be read, or the form does not go on. */
  pieces: Readable;
}

/** More parts than any form of ours has; a stranger's fields are read and dropped. */
const MAX_PARTS = 16;

/**
 * Reads a multipart form from the line, part by part, as fast as `onPart` takes it. Refuses what is no form, and more than
 * `maxBytes`. When it settles nobody reads from `incoming` any more: what is left of it may be dropped.
 */
export async function readForm(
  incoming: IncomingMessage,
  maxBytes: number,
  onPart: (part: FormPart) => Promise<void>,
): Promise<void> {
  const parser = openParser(incoming);
  const taken: Promise<void>[] = [];
  const open: Readable[] = [];
  let failure: { cause: unknown } | undefined;
  let goOn: (() => void) | undefined;
  const stop = (cause: unknown) => {
    failure ??= { cause };
    goOn?.();
  };
  parser.on('file', (name: string | undefined, pieces: Readable, filename: string | undefined) => {
    open.push(pieces);
    // Whoever reads it is told; a part that nobody reads any more has nobody to tell.
    pieces.on('error', () => undefined);
    const done = onPart({ name: name ?? '', isFile: filename !== undefined, pieces });
    done.catch(stop);
    taken.push(done);
  });
  parser.on('error', () => stop(noForm()));
  const finished = new Promise<void>((settle) => parser.once('finish', settle));

  let size = 0;
  try {
    for await (const piece of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += piece.byteLength;
      if (size > maxBytes) stop(new WireError('too_large', `The body is larger than ${maxBytes} bytes.`));
      if (failure !== undefined) break;
      await new Promise<void>((settle) => {
        goOn = settle;
        parser.write(piece, () => settle());
      });
    }
    if (failure === undefined) {
      parser.end();
      await Promise.race([finished, new Promise<void>((settle) => (goOn = settle))]);
    }
  } catch (cause) {
    // The line broke; nobody hears the answer.
    stop(cause instanceof Error ? new WireError('malformed', 'The body ended before its end.') : cause);
  }
  if (failure !== undefined) for (const pieces of open) pieces.destroy(noForm());
  await Promise.allSettled(taken).then(() => (failure === undefined ? undefined : parser.destroy()));
  // A part may have failed after the last byte had come.
  await Promise.all(failure === undefined ? taken : []);
  if (failure !== undefined) throw failure.cause;
}

function openParser({ headers }: IncomingMessage): BusboyInstance {
  const type = headers['content-type'] ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type))
    throw new WireError('unsupported_media_type', 'This is posted as multipart/form-data.');
  try {
    return new Busboy({
      headers: { 'content-type': type },
      // Texts too: a Blob's part and a string's are read the same way.
      isPartAFile: () => true,
      limits: { parts: MAX_PARTS, headerPairs: 32 },
    });
  } catch (cause) {
    // Without a boundary.
    if (cause instanceof Error) throw noForm();
    throw cause;
  }
}

function noForm(): WireError {
  return new WireError('malformed', 'The body is not valid multipart/form-data.');
}
