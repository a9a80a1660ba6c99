/** The containers that are taken. A name here is a name on the wire and in the rows. */
export const AUDIO_FORMATS = ['opus', 'wav', 'mp3'] as const;

/** One of {@link AUDIO_FORMATS}. */
export type AudioFormat = (typeof AUDIO_FORMATS)[number];

/** What a sealed file begins with: `sealing/sealed-file.ts` of `turntape`. */
const SEALED = 'TTSEAL\0\u0001';

/** What a segment says of its file. */
export interface SaidOfFile {
  format: AudioFormat;
  capture: Readonly<Record<string, unknown>>;
}

interface FormatFacts {
  /** Of the file's name. */
  extension: string;
  /** What playback says it is. Never what the client said. */
  contentType: string;
  /** Whether bytes begin as such a file does. */
  matches(bytes: Uint8Array): boolean;
}

const FORMATS: Readonly<Record<AudioFormat, FormatFacts>> = {
  opus: {
    extension: 'ogg',
    contentType: 'audio/ogg; codecs=opus',
    // RFC 7845: the first page holds the identification header and nothing else. Its body follows the segment table,
    // whose length is the page's byte 26.
    matches: (bytes) => hasText(bytes, 0, 'OggS') && hasText(bytes, 27 + (bytes[26] ?? 0), 'OpusHead'),
  },
  wav: {
    extension: 'wav',
    contentType: 'audio/wav',
    matches: (bytes) => hasText(bytes, 0, 'RIFF') && hasText(bytes, 8, 'WAVE'),
  },
  mp3: {
    extension: 'mp3',
    contentType: 'audio/mpeg',
    // An ID3v2 tag, or the frame sync of MPEG audio layer III (eleven ones, then version, then layer bits 01).
    matches: (bytes) =>
      hasText(bytes, 0, 'ID3') || (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe6) === 0xe2 && bytes[1] !== 0xff),
  },
};

/** Whether the stored word is a format of ours: rows of other writers may say anything. */
export function isAudioFormat(word: string): word is AudioFormat {
  return AUDIO_FORMATS.some((format) => format === word);
}

/** File extension, content type and magic bytes of a format. */
export function formatFacts(format: AudioFormat): FormatFacts {
  return FORMATS[format];
}

/** Whether a file, told by its first 512 bytes, is what its segment says: of its format, or sealed, which nobody but the holder of the key can tell more of. */
export function isAsSaid(head: Uint8Array, { format, capture }: SaidOfFile): boolean {
  return capture['sealed'] === undefined ? FORMATS[format].matches(head) : hasText(head, 0, SEALED);
}

/** What a stored file is, told by its key's extension. */
export function contentTypeOf(key: string): string {
  const extension = key.slice(key.lastIndexOf('.') + 1);
  const format = AUDIO_FORMATS.find((name) => FORMATS[name].extension === extension);
  if (format !== undefined) return FORMATS[format].contentType;
  return extension === 'json' ? 'application/json' : 'application/octet-stream';
}

function hasText(bytes: Uint8Array, at: number, magic: string): boolean {
  return magic === String.fromCharCode(...bytes.subarray(at, at + magic.length));
}
