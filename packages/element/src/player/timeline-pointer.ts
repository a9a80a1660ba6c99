/** What a pointer does on the timeline. Pixels count from the left edge of the lanes, or of the strip. */
export interface TimelinePointerPorts {
  toMs(px: number): number;
  stripToMs(px: number): number;
  seek(ms: number): void;
  /** Shows the surroundings of a place. */
  center(ms: number): void;
  pan(byPx: number): void;
  zoom(factor: number, px: number): void;
  /** Undefined: it has left. */
  hover(px: number | undefined): void;
}

/** One step of a wheel with Ctrl, which is also what a touchpad sends for a pinch. */
const WHEEL_ZOOM = 1.0025;

/** Click and drag to seek, wheel to move, pinch or Ctrl with the wheel to zoom; on the strip, drag the view. */
export class TimelinePointer {
  readonly #ports: TimelinePointerPorts;
  readonly #down = new Map<number, number>();
  #lanes: HTMLElement | undefined;
  #strip: HTMLElement | undefined;
  #listening: AbortController | undefined;
  #pinch = 0;

  constructor(ports: TimelinePointerPorts) {
    this.#ports = ports;
  }

  /** Something is held down: the view must not turn its page under it. */
  get busy(): boolean {
    return this.#down.size > 0;
  }

  /** Listens to these nodes and to no others any more. */
  listen(lanes: HTMLElement | undefined, strip: HTMLElement | undefined): void {
    if (lanes === this.#lanes && strip === this.#strip) return;
    this.#listening?.abort();
    this.#listening = new AbortController();
    this.#lanes = lanes;
    this.#strip = strip;
    this.#down.clear();
    const { signal } = this.#listening;
    const on = <Type extends 'pointerdown' | 'pointermove' | 'pointerup' | 'pointercancel' | 'pointerleave' | 'wheel'>(
      node: HTMLElement | undefined,
      type: Type,
      listener: (event: HTMLElementEventMap[Type]) => void,
    ): void => node?.addEventListener(type, listener, { signal, passive: false });

    on(lanes, 'pointerdown', (event) => this.#press(event));
    on(lanes, 'pointermove', (event) => this.#move(event));
    for (const type of ['pointerup', 'pointercancel'] as const) on(lanes, type, (event) => this.#release(event));
    on(lanes, 'pointerleave', () => this.#ports.hover(undefined));
    on(lanes, 'wheel', (event) => this.#wheel(event));
    on(strip, 'pointerdown', (event) => {
      strip?.setPointerCapture(event.pointerId);
      this.#ports.center(this.#ports.stripToMs(event.offsetX));
    });
    on(strip, 'pointermove', (event) => {
      if (strip?.hasPointerCapture(event.pointerId)) this.#ports.center(this.#ports.stripToMs(event.offsetX));
    });
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0) return;
    const px = this.#x(event);
    this.#lanes?.setPointerCapture(event.pointerId);
    this.#down.set(event.pointerId, px);
    if (this.#down.size === 1) this.#ports.seek(this.#ports.toMs(px));
    else this.#pinch = this.#spread();
  }

  #move(event: PointerEvent): void {
    const px = this.#x(event);
    this.#ports.hover(event.pointerType === 'mouse' || this.#down.size === 1 ? px : undefined);
    if (!this.#down.has(event.pointerId)) return;
    this.#down.set(event.pointerId, px);
    if (this.#down.size === 1) {
      this.#ports.seek(this.#ports.toMs(px));
      return;
    }
    const spread = this.#spread();
    if (this.#pinch > 0 && spread > 0) this.#ports.zoom(this.#pinch / spread, this.#middle());
    this.#pinch = spread;
  }

  #release(event: PointerEvent): void {
    this.#down.delete(event.pointerId);
    if (event.pointerType !== 'mouse') this.#ports.hover(undefined);
  }

  #wheel(event: WheelEvent): void {
    if (event.ctrlKey) {
      event.preventDefault();
      this.#ports.zoom(WHEEL_ZOOM ** event.deltaY, this.#x(event));
      return;
    }
    const across = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    // Up and down scroll the page, as everywhere.
    if (Math.abs(across) <= Math.abs(event.shiftKey ? 0 : event.deltaY)) return;
    event.preventDefault();
    this.#ports.pan(across);
  }

  #x(event: MouseEvent): number {
    return event.clientX - (this.#lanes?.getBoundingClientRect().left ?? 0);
  }

  #spread(): number {
    const places = [...this.#down.values()];
    return Math.max(...places) - Math.min(...places);
  }

  #middle(): number {
    const places = [...this.#down.values()];
    return (Math.max(...places) + Math.min(...places)) / 2;
  }
}
