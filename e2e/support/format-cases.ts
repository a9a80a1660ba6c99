import type { ExportOptions, RecorderOptions, SessionFileFormat, SessionLayout } from 'turntape';

/** What the decode matrix makes: every format, engine and rate, turns and whole sessions. */

export type FormatOptions = Pick<RecorderOptions, 'format' | 'sampleRate' | 'encoder'>;

export interface FormatCase extends FormatOptions {
  name: string;
  /** Of the file, in Hz. */
  rate: number;
  codec: string;
  /** The whole session in one file, instead of the turn's. */
  session?: { kept: SessionLayout; made: ExportOptions & { format: SessionFileFormat } };
  /** In a browser without AudioEncoder and AudioDecoder. */
  bare?: boolean;
  /** The bot is given the packets of another case's file, and they are kept as they are. */
  packetsOf?: string;
}

export const FORMAT_CASES: readonly FormatCase[] = [
  { name: 'opus-webcodecs', format: 'opus', encoder: { engine: 'webcodecs' }, rate: 48_000, codec: 'opus' },
  { name: 'opus-wasm', format: 'opus', encoder: { engine: 'wasm' }, rate: 48_000, codec: 'opus' },
  { name: 'opus-wasm-60', format: 'opus', encoder: { engine: 'wasm', frameMs: 60 }, rate: 48_000, codec: 'opus' },
  { name: 'opus-given', format: 'opus', packetsOf: 'opus-wasm', rate: 48_000, codec: 'opus' },
  { name: 'opus-given-60', format: 'opus', packetsOf: 'opus-wasm-60', rate: 48_000, codec: 'opus' },
  ...[8_000, 16_000, 22_050, 44_100, 48_000].map((rate) => wav(rate)),
  ...[8_000, 16_000, 24_000, 44_100, 48_000].map((rate) => mp3(rate)),
  whole('stereo', { layout: 'stereo', format: 'opus' }, 48_000, 'opus'),
  whole('stereo', { layout: 'mono', format: 'opus' }, 48_000, 'opus'),
  whole('stereo', { layout: 'stereo', format: 'wav', sampleRate: 44_100 }, 44_100, 'pcm_s16le'),
  whole('stereo', { layout: 'stereo', format: 'mp3' }, 48_000, 'mp3'),
  whole('mono', { layout: 'mono', format: 'mp3', sampleRate: 22_050 }, 22_050, 'mp3'),
  { ...whole('stereo', { layout: 'mono', format: 'opus' }, 48_000, 'opus'), name: 'bare-mono-opus', bare: true },
  { ...whole('stereo', { layout: 'stereo', format: 'wav' }, 48_000, 'pcm_s16le'), name: 'bare-stereo-wav', bare: true },
];

const ENDING = { opus: 'ogg', wav: 'wav', mp3: 'mp3' } as const;

export const formatOf = ({ format = 'opus', session }: FormatCase): SessionFileFormat => session?.made.format ?? format;
export const endingOf = (it: FormatCase): string => ENDING[formatOf(it)];
export const channelsOf = ({ session }: FormatCase): number => (session?.made.layout === 'stereo' ? 2 : 1);

export function formatCase(name: string): FormatCase {
  const found = FORMAT_CASES.find((each) => each.name === name);
  if (!found) throw new Error(`there is no case ${name}`);
  return found;
}

function whole(
  kept: SessionLayout,
  made: NonNullable<FormatCase['session']>['made'],
  rate: number,
  codec: string,
): FormatCase {
  return { name: `${kept}-to-${made.layout}-${made.format}`, format: 'opus', session: { kept, made }, rate, codec };
}

function wav(rate: number): FormatCase {
  return { name: `wav-${rate}`, format: 'wav', sampleRate: rate, rate, codec: 'pcm_s16le' };
}

function mp3(rate: number): FormatCase {
  return { name: `mp3-${rate}`, format: 'mp3', sampleRate: rate, rate, codec: 'mp3' };
}
