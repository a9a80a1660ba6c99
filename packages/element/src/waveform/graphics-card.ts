/** Drivers that draw with the processor: of Chromium, of Mesa, of Windows. */
const BY_THE_PROCESSOR = /swiftshader|llvmpipe|softpipe|software|basic render/iu;

/**
 * Whether this browser draws with a graphics card. Where it does not, whatever moves by itself is moved by the processor, sixty
 * times a second. No browser answers that, but each says what its 3D is made by; Chromium only by its extension. The context
 * is let go at once.
 */
export function hasGraphicsCard(): boolean {
  const context = document.createElement('canvas').getContext('webgl', { failIfMajorPerformanceCaveat: true });
  if (!context) return false;
  const plain = String(context.getParameter(context.RENDERER));
  const names = plain.startsWith('WebKit') ? context.getExtension('WEBGL_debug_renderer_info') : null;
  const renderer = names ? String(context.getParameter(names.UNMASKED_RENDERER_WEBGL)) : plain;
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return !BY_THE_PROCESSOR.test(renderer);
}
