/**
 * A program: `node lossy-decode.mjs none|concealed|fec < PACKETS > SAMPLES`. Decodes Opus packets of which every fifth is lost: not
 * at all, concealed by the decoder, or taken from the packet after it (RFC 6716, 2.1.7). libopus as opus-recorder compiles it; in a
 * process of its own, since the module takes over the process that imports it. In: packets, each behind its length in 16 bits.
 * Out: mono float samples at 48 kHz.
 */
import { createRequire } from 'node:module';

const RATE = 48_000;
/** Of one packet, 120 ms. */
const MOST_FRAMES = 5_760;
const EVERY = 5;

// It would fetch its WebAssembly, which lies on the disk.
Reflect.deleteProperty(globalThis, 'fetch');
const module = createRequire(import.meta.url)('opus-recorder/dist/decoderWorker.min.js');
await module.mainReady;

const {
  HEAPF32,
  HEAPU8,
  _malloc: allocate,
  _opus_decoder_create: createDecoder,
  _opus_decode_float: decodeFloat,
} = module;

const [how] = process.argv.slice(2);
const packets = [];
const input = Buffer.concat(await process.stdin.toArray());
for (let at = 0; at < input.length; at += 2 + input.readUInt16LE(at))
  packets.push(input.subarray(at + 2, at + 2 + input.readUInt16LE(at)));

const error = allocate(4);
const decoder = createDecoder(RATE, 1, error);
const bytes = allocate(4_000);
const pcm = allocate(MOST_FRAMES * 4);

/** @param {Uint8Array | undefined} packet @param {number} frames @param {boolean} before the copy that it has of the one before */
function decode(packet, frames, before = false) {
  if (packet) HEAPU8.set(packet, bytes);
  const made = decodeFloat(decoder, packet ? bytes : 0, packet?.length ?? 0, pcm, frames, before ? 1 : 0);
  if (made < 0) throw new Error(`libopus answers ${made}`);
  process.stdout.write(Buffer.from(HEAPF32.slice(pcm / 4, pcm / 4 + made).buffer));
}

for (const [index, packet] of packets.entries()) {
  const lost = how !== 'none' && index % EVERY === EVERY - 1;
  const next = packets[index + 1];
  if (!lost) decode(packet, MOST_FRAMES);
  else if (how === 'fec' && next) decode(next, 960, true);
  else decode(undefined, 960);
}
