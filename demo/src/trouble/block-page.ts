/** Lets the page stand still: no event, no frame, no timer for so long. The audio thread and the engine go on. */
export function blockPage(durationMs: number): void {
  const until = performance.now() + durationMs;
  while (performance.now() < until);
}
