import { compiledSums } from './compiled-sums.ts';
import type { EchoSums } from './echo-sums.ts';
import { scriptedSums } from './scripted-sums.ts';

let sums: EchoSums | undefined;

/**
 * As WebAssembly where that is allowed, else as JavaScript. A cut waits for these sums, and a thread that needs them every few
 * seconds has to compile JavaScript anew each time: in Firefox a score took up to 22 ms by it (`docs/decisions/0087`).
 */
export const echoSums = (): EchoSums => (sums ??= compiledSums() ?? scriptedSums);
