/** What can be done by a single key, while the focus is within the element. */
export interface Shortcuts {
  /** M */
  mute: () => void;
  /** D */
  deafen: () => void;
}

/** Here letters are typed, or look for an entry of a list, or there is a question to be answered. */
const TYPES = 'select, textarea, dialog, [contenteditable], input:not([type="range"])';

/** Single letters, by what they say on this keyboard; a letter with another key is the browser's, and one that is held is one. */
export function heedShortcut(event: KeyboardEvent, { mute, deafen }: Shortcuts): void {
  const { key, altKey, ctrlKey, metaKey, repeat, defaultPrevented } = event;
  if (defaultPrevented || altKey || ctrlKey || metaKey || repeat) return;
  const [target] = event.composedPath();
  if (target instanceof Element && target.closest(TYPES)) return;
  const act = { m: mute, d: deafen }[key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
}
