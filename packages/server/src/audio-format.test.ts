import { expect, test } from 'vitest';
import { AUDIO_FORMATS, formatFacts } from './audio-format.ts';

const bytes = (...parts: (string | number)[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'number' ? [part] : Array.from(part, (letter) => letter.charCodeAt(0)))),
  );

test('[MP3-8] [SRV-5] the server knows each format by its first bytes, and by no others', () => {
  const files = {
    opus: [bytes('OggS', ...Array<number>(22).fill(0), 1, 19, 'OpusHead')],
    wav: [bytes('RIFF', 0, 0, 0, 0, 'WAVE')],
    // MPEG 1, 2 and 2.5 without and with a checksum, and a tag before the first frame.
    mp3: [...[0xfb, 0xfa, 0xf3, 0xe3].map((second) => bytes(0xff, second, 0x54, 0xc4)), bytes('ID3', 4)],
  };
  for (const format of AUDIO_FORMATS)
    for (const [name, each] of Object.entries(files))
      for (const file of each)
        expect({ format, name, is: formatFacts(format).matches(file) }).toMatchObject({ is: format === name });
  // AAC in ADTS, layer II, nothing.
  // A film, a page of another codec.
  expect(formatFacts('wav').matches(bytes('RIFF', 0, 0, 0, 0, 'AVI '))).toBe(false);
  expect(formatFacts('opus').matches(bytes('OggS', ...Array<number>(22).fill(0), 1, 19, 'vorbisHd'))).toBe(false);
  for (const other of [bytes(0xff, 0xf1), bytes(0xff, 0xfd), bytes()])
    expect(formatFacts('mp3').matches(other)).toBe(false);
  expect(formatFacts('mp3')).toMatchObject({ extension: 'mp3', contentType: 'audio/mpeg' });
});
