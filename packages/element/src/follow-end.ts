/** How close to its end a list counts as being at its end, in CSS pixels: about half a row. */
const NEAR_END_PX = 32;

/** Keeps a growing list at its end, unless its reader has scrolled away from there. */
export class FollowEnd {
  #node: Element | undefined;
  #following = true;
  readonly #onScroll = (): void => {
    const node = this.#node;
    if (node) this.#following = node.scrollHeight - node.scrollTop - node.clientHeight < NEAR_END_PX;
  };

  /** To be called after each drawing, with the list or with null when there is none. */
  update(node: Element | null): void {
    if (node !== (this.#node ?? null)) this.#take(node ?? undefined);
    if (node && this.#following) node.scrollTop = node.scrollHeight;
  }

  #take(node: Element | undefined): void {
    this.#node?.removeEventListener('scroll', this.#onScroll);
    this.#node = node;
    this.#following = true;
    node?.addEventListener('scroll', this.#onScroll, { passive: true });
  }
}
