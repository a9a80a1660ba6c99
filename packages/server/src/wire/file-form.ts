import type { IncomingMessage } from 'node:http';
import type { BodyShare } from '../body-budget.ts';
import { receiveBody, type ReceivedBody } from '../received-body.ts';
import { readForm, type FormPart } from './multipart.ts';
import { WireError } from './wire-error.ts';

/** Sizes that a post may have. Published by `GET /v1/config`. */
export interface Limits {
  /** Largest audio file, in bytes. */
  maxBytes: number;
  /** Largest JSON: a segment's facts, a transcript, a session. In bytes. */
  maxJsonBytes: number;
}

/** How a form with a file is received. */
export interface FileFormOptions {
  /** Name of the part with the facts: `segment`. The file's part is `audio`. */
  factsPart: string;
  limits: Limits;
  /** Where a large file waits; undefined: see {@link receiveBody}. */
  folder: string | undefined;
  share: BodyShare;
}

/** What such a form holds. */
export interface FileForm {
  /** JSON that nobody has looked at. */
  facts: string;
  /** Undefined: there was none. To be disposed of. */
  audio: ReceivedBody | undefined;
}

/** Boundaries and part headers of a form, with room to spare. */
const FORM_OVERHEAD_BYTES = 64 * 1024;

/** Reads a form of facts and a file, in either order. Nothing is left behind when it is refused. */
export async function readFileForm(incoming: IncomingMessage, options: FileFormOptions): Promise<FileForm> {
  const { factsPart, limits } = options;
  const most = limits.maxBytes + limits.maxJsonBytes + FORM_OVERHEAD_BYTES;
  if (Number(incoming.headers['content-length'] ?? 0) > most)
    throw new WireError('too_large', `The body is larger than ${most} bytes.`);
  const seen = new Set<string>();
  let facts: string | undefined;
  let audio: ReceivedBody | undefined;
  try {
    await readForm(incoming, most, async (part) => {
      if (part.name !== factsPart && part.name !== 'audio') {
        part.pieces.resume();
        return;
      }
      if (seen.has(part.name)) throw refusal(part.name, 'the form holds it twice.');
      seen.add(part.name);
      if (part.name === factsPart) facts = await readText(part, options);
      else audio = await readAudio(part, options);
    });
    if (facts === undefined) throw refusal(factsPart, 'the form does not hold it.');
    return { facts, audio };
  } catch (cause) {
    await audio?.[Symbol.asyncDispose]();
    throw cause;
  }
}

async function readText({ name, pieces }: FormPart, { limits, share }: FileFormOptions): Promise<string> {
  const held: Buffer[] = [];
  let size = 0;
  for await (const piece of pieces as AsyncIterable<Buffer>) {
    size += piece.byteLength;
    if (size > limits.maxJsonBytes) throw tooLarge(name, limits.maxJsonBytes);
    share.take(piece.byteLength);
    held.push(piece);
  }
  return Buffer.concat(held).toString('utf8');
}

async function readAudio(part: FormPart, { limits, folder, share }: FileFormOptions): Promise<ReceivedBody> {
  if (!part.isFile) throw refusal('audio', 'must be a file.');
  const body = await receiveBody(part.pieces, { folder, maxBytes: limits.maxBytes, share });
  if (body === 'too large') throw tooLarge('audio', limits.maxBytes);
  return body;
}

function refusal(field: string, message: string): WireError {
  return new WireError('malformed', `${field}: ${message}`, { field });
}

function tooLarge(field: string, maxBytes: number): WireError {
  return new WireError('too_large', `${field}: more than ${maxBytes} bytes`, { field });
}
