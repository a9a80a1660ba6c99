/** What the watcher of a node tells. */
export interface SightPorts {
  /** Seen again, at another size, with another pixel ratio, or in other colours. */
  changed(): void;
}

/**
 * Whether and how a node is seen: its size and pixel ratio, whether any of it is in the window of a page that shows, and
 * whether its reader wants things to stand still.
 */
export class Sight {
  readonly #ports: SightPorts;
  #stop: AbortController | undefined;
  #inWindow = false;
  #motion: MediaQueryList | undefined;

  constructor(ports: SightPorts) {
    this.#ports = ports;
  }

  /** In CSS pixels. */
  width = 0;
  height = 0;

  /** A page may leave it none. */
  get hasRoom(): boolean {
    return this.width > 0 && this.height > 0;
  }

  get pixelRatio(): number {
    return devicePixelRatio;
  }

  /** Nothing is drawn that nobody sees. */
  get seen(): boolean {
    return this.#inWindow && !document.hidden;
  }

  /** The reader asked for less motion. */
  get still(): boolean {
    return this.#motion?.matches === true;
  }

  /** Watches the size of another node, and whether what is `around` it is seen; undefined: none. */
  watch(node: HTMLElement | undefined, around: Element | undefined = node): void {
    this.#stop?.abort();
    this.#stop = undefined;
    this.#inWindow = false;
    if (!node || !around) return;
    const stop = new AbortController();
    const { signal } = stop;
    this.#stop = stop;
    const changed = (): void => this.#ports.changed();

    const size = new ResizeObserver(() => {
      this.width = node.clientWidth;
      this.height = node.clientHeight;
      changed();
    });
    size.observe(node);
    const window = new IntersectionObserver((entries) => {
      this.#inWindow = entries.at(-1)?.isIntersecting === true;
      if (this.#inWindow) changed();
    });
    window.observe(around);
    signal.addEventListener('abort', () => {
      size.disconnect();
      window.disconnect();
    });
    document.addEventListener('visibilitychange', changed, { signal });
    this.#motion = matchMedia('(prefers-reduced-motion: reduce)');
    this.#motion.addEventListener('change', changed, { signal });
    this.#watchPixels(signal);
  }

  /** A window moved to another screen, or zoomed. */
  #watchPixels(signal: AbortSignal): void {
    matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener(
      'change',
      () => {
        if (signal.aborted) return;
        this.#ports.changed();
        this.#watchPixels(signal);
      },
      { signal, once: true },
    );
  }
}
