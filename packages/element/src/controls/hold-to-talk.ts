/** What holding means. */
export interface HoldPorts {
  begin(): void;
  end(): void;
}

/** Keys that press a button. */
const KEYS: ReadonlySet<string> = new Set([' ', 'Enter']);

/**
 * Held by a pointer, a finger or a key, it talks; let go in any way, it does not. Lost is let go: the pointer that the
 * system takes, the focus that leaves, the page that is hidden. A click that no hold has led to is an assistive
 * technology's, which cannot hold: it begins, and the next one ends.
 */
export class HoldToTalk {
  readonly #ports: HoldPorts;
  /** What holds it: a pointer by its id, a key, or a click. */
  #holder: number | 'key' | 'click' | undefined;
  /** A hold is followed by a click of the same pointer or key, which means nothing more. */
  #clickIsOurs = false;

  constructor(ports: HoldPorts) {
    this.#ports = ports;
  }

  get held(): boolean {
    return this.#holder !== undefined;
  }

  readonly onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    this.#clickIsOurs = true;
    if (this.held) return;
    // Wherever the finger goes from here, its end comes to us.
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    this.#take(event.pointerId);
  };

  readonly onPointerGone = (event: PointerEvent): void => {
    if (this.#holder === event.pointerId) this.release();
  };

  readonly onKeyDown = (event: KeyboardEvent): void => {
    if (!KEYS.has(event.key)) return;
    // Neither the page's scrolling nor the click that a browser would make of it.
    event.preventDefault();
    this.#clickIsOurs = false;
    if (!event.repeat && !this.held) this.#take('key');
  };

  readonly onKeyUp = (event: KeyboardEvent): void => {
    if (!KEYS.has(event.key)) return;
    event.preventDefault();
    if (this.#holder === 'key') this.release();
  };

  readonly onClick = (): void => {
    const isOurs = this.#clickIsOurs;
    this.#clickIsOurs = false;
    if (isOurs) return;
    if (this.#holder === 'click') this.release();
    else if (!this.held) this.#take('click');
  };

  /** A long touch would open it. */
  readonly onContextMenu = (event: Event): void => event.preventDefault();

  /** Let go, whatever held it. */
  readonly release = (): void => {
    if (!this.held) return;
    this.#holder = undefined;
    this.#stop?.abort();
    this.#stop = undefined;
    this.#ports.end();
  };

  #stop: AbortController | undefined;

  #take(holder: number | 'key' | 'click'): void {
    this.#holder = holder;
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    // A key that goes up over another window is never told.
    window.addEventListener('blur', this.release, { signal });
    document.addEventListener('visibilitychange', () => document.hidden && this.release(), { signal });
    this.#ports.begin();
  }
}
