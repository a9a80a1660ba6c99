/** One channel of many: their average, so that what is in all of them keeps its level. `mono` is overwritten. */
export function mixDown(channels: readonly Float32Array[], mono: Float32Array): void {
  const [first] = channels;
  if (!first) {
    mono.fill(0);
    return;
  }
  mono.set(first);
  if (channels.length === 1) return;
  for (let channel = 1; channel < channels.length; channel += 1) {
    const samples = channels[channel] as Float32Array;
    for (let at = 0; at < mono.length; at += 1) mono[at] = (mono[at] as number) + (samples[at] as number);
  }
  for (let at = 0; at < mono.length; at += 1) mono[at] = (mono[at] as number) / channels.length;
}
