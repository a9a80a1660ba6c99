/**
 * The list under the timeline: marks the turn that is heard, keeps it in sight while it plays, and gives the list one place
 * in the order of Tab. Writes to its nodes: a list of an hour is drawn once.
 */
export class FollowTurn {
  #list: HTMLElement | undefined;
  #current: HTMLElement | undefined;
  /** The row whose buttons Tab comes to. */
  #active: HTMLElement | undefined;
  /** A reader who scrolls away is left alone until playback is asked for anew. */
  #follows = true;
  #scrollsItself = false;

  /** To be called after each drawing, with the list or with null when there is none. */
  update(list: HTMLElement | null): void {
    if (list !== (this.#list ?? null)) this.#take(list ?? undefined);
    const rows = this.#rows;
    if (this.#active && !rows.includes(this.#active)) this.#active = undefined;
    this.#activate(this.#active ?? rows[0]);
  }

  /** Follows again: playback began, or a place was asked for. */
  follow(): void {
    this.#follows = true;
  }

  /** Marks a turn, or none. `scroll`: brings it into sight. */
  show(turnId: string | undefined, scroll: boolean): void {
    const row = this.#rows.find((each) => each.dataset['turnId'] === turnId);
    if (row !== this.#current) {
      this.#current?.removeAttribute('aria-current');
      this.#current?.removeAttribute('data-current');
      row?.setAttribute('aria-current', 'true');
      row?.setAttribute('data-current', '');
      this.#current = row;
    } else if (!scroll) return;
    if (row && scroll && this.#follows) this.#bringIntoSight(row);
  }

  /** Up and down within the list; true when the key was taken. */
  move(event: KeyboardEvent): boolean {
    const from = event.composedPath().find((node) => node instanceof HTMLElement && node.matches('li.turn'));
    if (!(from instanceof HTMLElement) || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return false;
    const rows = this.#rows;
    const row = rows[rows.indexOf(from) + (event.key === 'ArrowDown' ? 1 : -1)];
    if (!row) return true;
    this.#activate(row);
    row.querySelector<HTMLElement>('.words')?.focus();
    return true;
  }

  get #rows(): HTMLElement[] {
    return Array.from(this.#list?.querySelectorAll<HTMLElement>('li.turn') ?? []);
  }

  #activate(row: HTMLElement | undefined): void {
    if (this.#active !== row)
      for (const button of this.#active?.querySelectorAll('button') ?? []) button.setAttribute('tabindex', '-1');
    for (const button of row?.querySelectorAll('button') ?? []) button.setAttribute('tabindex', '0');
    this.#active = row;
  }

  /** Only the list scrolls: a page that is read elsewhere does not jump. */
  #bringIntoSight(row: HTMLElement): void {
    const list = this.#list;
    if (!list) return;
    const top = row.getBoundingClientRect().top - list.getBoundingClientRect().top - list.clientTop + list.scrollTop;
    const seen = top >= list.scrollTop && top + row.offsetHeight <= list.scrollTop + list.clientHeight;
    if (seen) return;
    this.#scrollsItself = true;
    const target = top - list.clientHeight / 3;
    // A jump over half an hour is a jump: nobody can follow so many rows with the eye.
    const far = Math.abs(target - list.scrollTop) > 2 * list.clientHeight;
    const still = far || matchMedia('(prefers-reduced-motion: reduce)').matches;
    list.scrollTo({ top: target, behavior: still ? 'instant' : 'smooth' });
  }

  #take(list: HTMLElement | undefined): void {
    this.#list = list;
    this.#current = undefined;
    this.#active = undefined;
    list?.addEventListener('scrollend', () => (this.#scrollsItself = false), { passive: true });
    for (const sign of ['wheel', 'touchmove', 'keydown'] as const)
      list?.addEventListener(
        sign,
        () => {
          if (!this.#scrollsItself) this.#follows = false;
        },
        { passive: true },
      );
    list?.addEventListener('focusin', (event) => {
      const row = (event.target as Element).closest<HTMLElement>('li.turn');
      if (row) this.#activate(row);
    });
  }
}
