// The door `turntape/codecs`: files and codes for apps that have packets or telephone audio of their own. No codec is in it.
export { type G711Law, decodeG711, encodeG711 } from './g711.ts';
export { type OggOpusPackets, oggOpusFile } from './ogg-opus-file.ts';
export { type OggOpusFile, readOggOpus } from './read-ogg-opus.ts';
