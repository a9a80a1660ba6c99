import type { ReviewFile } from './review-source.ts';

/** Hands a file to the browser, which asks or saves as it is set. */
export function saveFile({ blob, name }: ReviewFile): void {
  const link = document.createElement('a');
  const address = URL.createObjectURL(blob);
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken it when the click has been handled; a minute is more than any needs to begin.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
