import type { SessionFiles } from 'turntape';

/** What a session is saved as: its sound in one file, or everything in a zip. */
export type SaveKind = 'audio' | 'all';

/** A file of the session, and what to call it. */
export interface SessionDownload {
  blob: Blob;
  name: string;
}

/** Makes the file from what is kept on this device. Rejects with the errors of `files.export()` and `files.bundle()`. */
export async function makeDownload(
  files: Pick<SessionFiles, 'export' | 'bundle'>,
  { sessionId, kind, signal }: { sessionId: string; kind: SaveKind; signal: AbortSignal },
): Promise<SessionDownload> {
  // Enough of it to know two conversations apart.
  const name = `conversation-${sessionId.slice(0, 8)}`;
  if (kind === 'all') return { blob: await files.bundle({ signal }), name: `${name}.zip` };
  const { blob, facts } = await files.export({ signal });
  return { blob, name: `${name}.${facts.format === 'opus' ? 'ogg' : 'wav'}` };
}

/** How long a browser may take to begin a download that was clicked, in milliseconds. */
const BEGINS_WITHIN_MS = 60_000;

/** Hands it to the browser's downloads. */
export function download({ blob, name }: SessionDownload): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), BEGINS_WITHIN_MS);
}
