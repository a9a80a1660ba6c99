/** A canvas that is as sharp as the screen. */
export class Surface {
  node: HTMLCanvasElement | undefined;
  /** CSS pixels. */
  width = 0;
  height = 0;
  readonly take = (node: Element | undefined): void => void (this.node = node as HTMLCanvasElement | undefined);

  /** Ready to be painted, in CSS pixels; undefined: it is not seen. */
  begin(): CanvasRenderingContext2D | undefined {
    const { node } = this;
    if (!node) return undefined;
    this.width = node.clientWidth;
    this.height = node.clientHeight;
    if (this.width === 0 || this.height === 0) return undefined;
    const sharp = Math.min(3, devicePixelRatio);
    const [width, height] = [Math.round(this.width * sharp), Math.round(this.height * sharp)];
    if (node.width !== width || node.height !== height) Object.assign(node, { width, height });
    const context = node.getContext('2d') ?? undefined;
    context?.setTransform(sharp, 0, 0, sharp, 0, 0);
    return context;
  }
}
