import { joined } from '../../codecs/joined.ts';
import { SAMPLE_BYTES, wavHeader } from '../../codecs/wav.ts';
import { type G711Law, decodeG711 } from '../../codecs/g711.ts';
import { disguisedAs } from './companding.ts';
import type { Diagnosis, KnownFormat } from './diagnosis.ts';

const PCM = 1;
const EXTENSIBLE = 0xfffe;
const RIFF_BYTES = 12;
const CHUNK_HEAD_BYTES = 8;
const FMT_BYTES = 16;
/** A size of 32 bits in RF64 that stands in the `ds64` chunk, with 64. */
const SIZE_IN_DS64 = 0xffffffff;
/** `ds64` begins with two sizes of 64 bits: of the file and of the samples. */
const DS64_BYTES = 16;
/** What else a rate says, a damaged header says. In Hz. */
export const RATES_HZ = { min: 1000, max: 768_000 } as const;
/** Samples are looked for so far: behind a title and a comment, and not among samples that spell a word by chance. */
const LARGEST_HEADER_BYTES = 4096;

const NO_SAMPLES = 'there are no samples behind the header';

const NAMES: Readonly<Record<G711Law, string>> = { mulaw: 'µ-law', alaw: 'A-law' };

interface Format {
  tag: number;
  numChannels: number;
  sampleRate: number;
  byteRate: number;
  frameBytes: number;
  bits: number;
}

interface Anatomy {
  riffBytes: number;
  format: Format | undefined;
  /** Where the samples begin, and how many bytes the header says that they are. */
  data: { at: number; said: number } | undefined;
  /** Where the chunks behind the samples begin, if there are any that can be read. */
  after: number | undefined;
  /** The samples were found by their name: what stands in front of them leads elsewhere. */
  isBroken?: boolean;
}

/** True for what begins as WAV does, or as one whose header was never filled in. RF64 is WAV with sizes of 64 bits. */
export function isWav(file: Uint8Array): boolean {
  return ['RIFF', 'RF64'].includes(text(file, 0, 4)) || text(file, 8, 4) === 'WAVE';
}

/** Looks at a WAV file, and makes it anew where its header and its bytes disagree. */
export function treatWav(file: Uint8Array, known: KnownFormat): Diagnosis {
  const { riffBytes, format, data, after, isBroken } = dissect(file);
  const found: string[] = [];
  const done: string[] = [];
  if (!format || !data) return treatHeadless(file, format, data, known);
  const { tag, numChannels, sampleRate, bits } = format;
  const held = (after ?? file.length) - data.at;
  if (isBroken) found.push('a chunk in front of the samples says a wrong size');
  if (data.said !== held && !(after === undefined && data.said + 1 === held))
    found.push(`the header says ${data.said} bytes of samples, and there are ${held}`);
  if (riffBytes !== file.length - CHUNK_HEAD_BYTES)
    found.push(`the header says ${riffBytes + CHUNK_HEAD_BYTES} bytes in all, and there are ${file.length}`);
  if (tag !== PCM && tag !== EXTENSIBLE) {
    if (found.length > 0) found.push(`samples of the kind ${tag} are not treated, PCM alone is`);
    return { kind: 'wav', found, done, repaired: undefined };
  }
  const frameBytes = (numChannels * bits) / 8;
  if (format.frameBytes !== frameBytes || format.byteRate !== sampleRate * frameBytes)
    found.push('the header’s bytes for each frame and second do not follow from its channels, bits and rate');
  const whole = held - (held % Math.max(1, frameBytes));
  if (whole < held) found.push(`the last frame is cut: ${held - whole} of its ${frameBytes} bytes are there`);
  const samples = file.subarray(data.at, data.at + whole);
  const law = bits === 16 && numChannels === 1 ? disguisedAs(file.subarray(data.at, data.at + held)) : undefined;
  if (law) {
    const bytes = file.subarray(data.at, data.at + held);
    found.push(`the header says PCM16, and the bytes are ${NAMES[law]}`);
    done.push(`each of the ${bytes.length} bytes was made a sample of PCM16 at ${sampleRate} Hz`);
    return { kind: 'wav', found, done, repaired: expanded(bytes, law, sampleRate) };
  }
  if (found.length === 0) return { kind: 'wav', found, done, repaired: undefined };
  if (bits !== 16 || numChannels < 1 || numChannels > 2)
    return {
      kind: 'wav',
      found: [...found, `${bits} bits in ${numChannels} channels are not treated`],
      done,
      repaired: undefined,
    };
  if (whole === 0) return { kind: 'wav', found: [...found, NO_SAMPLES], done, repaired: undefined };
  done.push(`the header was written anew for ${whole / frameBytes} frames at ${sampleRate} Hz`);
  if (after !== undefined) done.push('what stood behind the samples was left out');
  return { kind: 'wav', found, done, repaired: joined([header(sampleRate, numChannels, whole), samples]) };
}

/** The format or the beginning of the samples is not there. What is known is used, what is not is asked for. */
function treatHeadless(
  file: Uint8Array,
  format: Format | undefined,
  data: Anatomy['data'],
  known: KnownFormat,
): Diagnosis {
  const found = [format ? 'the header ends before the samples begin' : 'the header does not say how the samples are'];
  const sampleRate = format?.sampleRate ?? known.sampleRate;
  const numChannels = format?.numChannels === 2 || (!format && known.numChannels === 2) ? 2 : 1;
  if (sampleRate === undefined || sampleRate <= 0)
    return {
      kind: 'wav',
      found: [...found, 'the rate is not known: say it with --sample-rate'],
      done: [],
      repaired: undefined,
    };
  const at = data?.at ?? Math.min(file.length, format ? endOfHeader(file) : 44);
  const law = numChannels === 1 ? disguisedAs(file.subarray(at)) : undefined;
  if (law)
    return {
      kind: 'wav',
      found: [...found, `the bytes are ${NAMES[law]}`],
      done: [`each of the ${file.length - at} bytes was made a sample of PCM16 at ${sampleRate} Hz`],
      repaired: expanded(file.subarray(at), law, sampleRate),
    };
  const held = file.length - at;
  const whole = held - (held % (numChannels * SAMPLE_BYTES));
  if (whole <= 0) return { kind: 'wav', found: [...found, NO_SAMPLES], done: [], repaired: undefined };
  const frames = whole / (numChannels * SAMPLE_BYTES);
  return {
    kind: 'wav',
    found,
    done: [
      `a header was written for ${frames} frames of PCM16 at ${sampleRate} Hz, ${numChannels === 2 ? 'stereo' : 'mono'}`,
    ],
    repaired: joined([header(sampleRate, numChannels, whole), file.subarray(at, at + whole)]),
  };
}

/** Of a header without a size of its samples: what is left of their chunk's name is none of them. */
function endOfHeader(file: Uint8Array): number {
  const at = RIFF_BYTES + CHUNK_HEAD_BYTES + FMT_BYTES;
  const rest = text(file, at, CHUNK_HEAD_BYTES);
  return file.length < at + CHUNK_HEAD_BYTES && 'data'.startsWith(rest.slice(0, 4)) ? file.length : at;
}

function dissect(file: Uint8Array): Anatomy {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  let riffBytes = file.length >= CHUNK_HEAD_BYTES ? view.getUint32(4, true) : 0;
  let dataBytes: number | undefined;
  let format: Format | undefined;
  for (let at = RIFF_BYTES; at + CHUNK_HEAD_BYTES <= file.length;) {
    const id = text(file, at, 4);
    const said = view.getUint32(at + 4, true);
    const body = at + CHUNK_HEAD_BYTES;
    if (id === 'fmt ' && body + FMT_BYTES <= file.length) format = readFormat(view, body);
    if (id === 'ds64' && body + DS64_BYTES <= file.length) {
      if (riffBytes === SIZE_IN_DS64) riffBytes = Number(view.getBigUint64(body, true));
      dataBytes = Number(view.getBigUint64(body + 8, true));
    }
    if (id === 'data') {
      const bytes = said === SIZE_IN_DS64 ? (dataBytes ?? said) : said;
      return { riffBytes, format, data: { at: body, said: bytes }, after: chunksAfter(file, view, body + bytes) };
    }
    if (!/^[\x20-\x7e]{4}$/.test(id)) break;
    at = body + said + (said % 2);
  }
  const named = dataByName(file);
  if (named === undefined) return { riffBytes, format, data: undefined, after: undefined };
  const [body, said] = [named + CHUNK_HEAD_BYTES, view.getUint32(named + 4, true)];
  return { riffBytes, format, data: { at: body, said }, after: chunksAfter(file, view, body + said), isBroken: true };
}

/** Where the samples' chunk begins, when no chunk leads to it: its name, near the file's beginning. */
function dataByName(file: Uint8Array): number | undefined {
  const last = Math.min(file.length - CHUNK_HEAD_BYTES, LARGEST_HEADER_BYTES);
  for (let at = RIFF_BYTES; at <= last; at += 1) if (text(file, at, 4) === 'data') return at;
  return undefined;
}

/** Where the chunks behind the samples begin: undefined unless they are chunks, to the end of the file. */
function chunksAfter(file: Uint8Array, view: DataView, end: number): number | undefined {
  let at = end + (end % 2);
  if (at + CHUNK_HEAD_BYTES > file.length) return undefined;
  while (at + CHUNK_HEAD_BYTES <= file.length) {
    if (!/^[A-Za-z][\x20-\x7e]{3}$/.test(text(file, at, 4))) return undefined;
    const said = view.getUint32(at + 4, true);
    at += CHUNK_HEAD_BYTES + said + (said % 2);
  }
  return at === file.length ? end : undefined;
}

function readFormat(view: DataView, at: number): Format | undefined {
  const format = {
    tag: view.getUint16(at, true),
    numChannels: view.getUint16(at + 2, true),
    sampleRate: view.getUint32(at + 4, true),
    byteRate: view.getUint32(at + 8, true),
    frameBytes: view.getUint16(at + 12, true),
    bits: view.getUint16(at + 14, true),
  };
  const hasRate = format.sampleRate >= RATES_HZ.min && format.sampleRate <= RATES_HZ.max;
  return hasRate && format.numChannels > 0 && format.bits > 0 ? format : undefined;
}

function expanded(bytes: Uint8Array, law: G711Law, sampleRate: number): Uint8Array {
  const pcm = decodeG711(bytes, law);
  return joined([header(sampleRate, 1, pcm.byteLength), new Uint8Array(pcm.buffer)]);
}

function header(sampleRate: number, numChannels: number, dataBytes: number): Uint8Array {
  return wavHeader({ sampleRate, numChannels: numChannels === 2 ? 2 : 1, dataBytes });
}

function text(file: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...file.subarray(at, at + length));
}
