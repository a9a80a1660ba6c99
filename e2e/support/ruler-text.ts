import { encodeRuler } from '../fixtures/ruler.mjs';

/**
 * A ruler from number 0 on, 16-bit PCM as base64: as an array of numbers it takes half a minute to cross over to the page
 * of a busy machine. There: `new Int16Array(Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0)).buffer)`.
 */
export function rulerText({ ticks, sampleRate }: { ticks: number; sampleRate: number }): string {
  return Buffer.from(encodeRuler({ from: 0, count: ticks, sampleRate }).buffer).toString('base64');
}
