import { vi } from 'vitest';

const getContext = Object.getOwnPropertyDescriptor(HTMLCanvasElement.prototype, 'getContext')?.value as (
  this: HTMLCanvasElement,
  ...args: unknown[]
) => RenderingContext | null;

/** What Chromium says where the processor draws. */
export const NO_CARD = 'ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)';
/** What it says where a card does. */
export const A_CARD = 'ANGLE (Intel, Mesa Intel(R) UHD Graphics 620 (KBL GT2), OpenGL 4.6)';

/** A browser that draws with this, whatever the machine of the tests has; undefined: it gives no such context. Tells how often it was asked. */
export function drawWith(renderer: string | undefined): { readonly asked: number } {
  const card = { asked: 0 };
  const answers: Record<number, string | undefined> = { 1: 'WebKit WebGL', 2: renderer };
  const context = {
    RENDERER: 1,
    getParameter: (name: number) => answers[name],
    getExtension: (name: string) => (name === 'WEBGL_debug_renderer_info' ? { UNMASKED_RENDERER_WEBGL: 2 } : null),
  };
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation(function (
    this: HTMLCanvasElement,
    ...args: unknown[]
  ) {
    if (args[0] !== 'webgl') return getContext.apply(this, args);
    card.asked += 1;
    return renderer === undefined ? null : (context as unknown as RenderingContext);
  } as typeof HTMLCanvasElement.prototype.getContext);
  return card;
}
