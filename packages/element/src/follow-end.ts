/** How close to its end a list counts as being at its end, in CSS pixels: about half a row. */
const NEAR_END_PX = 32;

/**
 * Keeps a growing list at its end, unless its reader has scrolled away from there. It is told of sizes by the browser: to
 * ask for them after a drawing would have the browser lay everything out at once.
 */
export class FollowEnd {
  #node: Element | undefined;
  #following = true;
  #topPx = 0;
  readonly #onScroll = (): void => {
    const node = this.#node;
    if (!node) return;
    // Our own scrolling is told a frame later, when there may be more below already: only a reader goes up.
    if (node.scrollHeight - node.scrollTop - node.clientHeight < NEAR_END_PX) this.#following = true;
    else if (node.scrollTop < this.#topPx) this.#following = false;
    this.#topPx = node.scrollTop;
  };
  #sizes: ResizeObserver | undefined;

  /** To be called after each drawing, with the list or with null when there is none. */
  update(node: Element | null): void {
    if (node !== (this.#node ?? null)) this.#take(node ?? undefined);
  }

  #take(node: Element | undefined): void {
    this.#node?.removeEventListener('scroll', this.#onScroll);
    this.#sizes?.disconnect();
    this.#node = node;
    this.#following = true;
    this.#topPx = 0;
    if (!node) return;
    node.addEventListener('scroll', this.#onScroll, { passive: true });
    this.#sizes = new ResizeObserver(() => {
      if (this.#following) node.scrollTop = node.scrollHeight;
    });
    this.#sizes.observe(node);
    for (const list of node.children) this.#sizes.observe(list);
  }
}
