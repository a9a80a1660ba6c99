/** What the page does to the graph reaches the processors with the next burst: 10 to 20 ms in Chromium, doubled. */
const BURST_SECONDS = 0.04;

/** A context that does not render within this is not going to. */
const RENDERS_WITHIN_MS = 250;

/**
 * Settles when a context has rendered once more, or does not render. To be awaited between the disconnection of a
 * worklet's source and that of the worklet, before the context is closed: a processor ends by one further `process()`
 * call, and Chromium keeps a node whose processor has not ended in memory for ever, and its closed context with it (156,
 * measured: 9 of 10 contexts stayed, and none with this).
 */
export async function renderedOnceMore(context: AudioContext): Promise<void> {
  const from = context.currentTime;
  const untilMs = performance.now() + RENDERS_WITHIN_MS;
  while (context.state === 'running' && context.currentTime < from + BURST_SECONDS && performance.now() < untilMs)
    await new Promise((resolve) => setTimeout(resolve, 4));
}
