/**
 * Tells when a processor threw. By the attribute: Chromium (156, measured) fires `processorerror` only at a node whose
 * `onprocessorerror` is set; listeners alone hear nothing. https://webaudio.github.io/web-audio-api/#dom-audioworkletnode-onprocessorerror
 */
export function onProcessorError(node: AudioWorkletNode, heard: () => void): void {
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the attribute is the point
  node.onprocessorerror = heard;
}
