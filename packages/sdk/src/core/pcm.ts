/** Mono PCM: full scale at ±32768, at ±1, or bytes whose encoding is said beside them. */
export type PcmSamples = Int16Array | Float32Array | Uint8Array;

/** What the bytes of a `Uint8Array` are: unsigned 8-bit PCM, or G.711 in one of its two laws. */
export type PcmEncoding = 'u8' | 'mulaw' | 'alaw';

/** Rates of PCM that are taken, in Hz. */
export const PCM_RATES = Object.freeze({ lowest: 8000, highest: 96_000 });
