import { isAsSaid, type SaidOfFile } from '../audio-format.ts';
import { checkJson } from './check.ts';
import { segmentSchema, type SegmentFacts } from './segment.ts';
import { WireError } from './wire-error.ts';

/** Sizes that a post may have. Published by `GET /v1/config`. */
export interface Limits {
  /** Largest audio file, in bytes. */
  maxBytes: number;
  /** Largest JSON: a segment's facts, a transcript, a session. In bytes. */
  maxJsonBytes: number;
}

/** What a post of a segment holds. */
export interface SegmentPost {
  facts: SegmentFacts;
  /** Undefined: a turn that was never heard. */
  audio: Uint8Array | undefined;
}

/** Reads the two parts, checks the facts, the size, and that the file is what it says it is. */
export async function readSegmentForm(request: Request, limits: Limits): Promise<SegmentPost> {
  const form = await readForm(request);
  const facts = checkJson(segmentSchema, await readFacts(form, limits.maxJsonBytes), 'segment');
  const audio = await readAudio(form, limits.maxBytes);
  if (audio !== undefined) checkFormat(audio, facts);
  return { facts, audio };
}

type Part = string | File;

async function readForm(request: Request): Promise<FormData> {
  if (!/^multipart\/form-data\s*;/i.test(request.headers.get('content-type') ?? ''))
    throw new WireError('unsupported_media_type', 'A segment is posted as multipart/form-data.');
  try {
    return await request.formData();
  } catch (cause) {
    // What the parser throws for a body that is no form; a broken connection ends here too and reads no answer.
    if (cause instanceof TypeError) throw new WireError('malformed', 'The body is not valid multipart/form-data.');
    throw cause;
  }
}

function onePart(form: FormData, name: string): Part | undefined {
  const parts: readonly Part[] = form.getAll(name);
  if (parts.length > 1) throw new WireError('malformed', `${name}: the form holds it twice.`, { field: name });
  return parts[0];
}

async function readFacts(form: FormData, maxBytes: number): Promise<string> {
  const part = onePart(form, 'segment');
  if (part === undefined) throw new WireError('malformed', 'segment: the form does not hold it.', { field: 'segment' });
  // A Blob in a FormData arrives as a file, a string as a string: both are JSON.
  const size = typeof part === 'string' ? Buffer.byteLength(part) : part.size;
  if (size > maxBytes) throw tooLarge('segment', maxBytes);
  return typeof part === 'string' ? part : part.text();
}

async function readAudio(form: FormData, maxBytes: number): Promise<Uint8Array | undefined> {
  const part = onePart(form, 'audio');
  if (part === undefined) return undefined;
  if (typeof part === 'string') throw new WireError('malformed', 'audio: must be a file.', { field: 'audio' });
  if (part.size > maxBytes) throw tooLarge('audio', maxBytes);
  return new Uint8Array(await part.arrayBuffer());
}

function checkFormat(audio: Uint8Array, facts: SaidOfFile): void {
  if (!isAsSaid(audio, facts))
    throw new WireError('unsupported_media_type', `audio: the file is not ${facts.format}, as the segment says.`, {
      field: 'audio',
    });
}

function tooLarge(field: string, maxBytes: number): WireError {
  return new WireError('too_large', `${field}: more than ${maxBytes} bytes`, { field });
}
