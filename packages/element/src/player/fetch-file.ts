import { ReviewError } from './review-source.ts';

/** How often a transfer that broke is taken up again, each time where it broke. */
const RESUMES = 3;

/** One request of ours; rejects with a `ReviewError`, or as the signal says. `gone` is told apart by whoever asks. */
export type Ask = (range: string | undefined) => Promise<Response>;

/**
 * Reads a file whole. A line that breaks in the middle costs what is missing and not the file: the rest is asked for by
 * range. A backend that answers a range with everything is taken at its word.
 */
export async function fetchFile(ask: Ask, signal: AbortSignal): Promise<ArrayBuffer> {
  let pieces: Uint8Array<ArrayBuffer>[] = [];
  let received = 0;
  for (let resumed = 0; ; resumed += 1) {
    const response = await ask(received > 0 ? `bytes=${received}-` : undefined);
    if (received > 0 && response.status !== 206) {
      pieces = [];
      received = 0;
    }
    try {
      const reader = response.body?.getReader();
      for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
        pieces.push(next.value);
        received += next.value.length;
      }
      return await new Blob(pieces).arrayBuffer();
    } catch (cause) {
      signal.throwIfAborted();
      if (resumed >= RESUMES) throw new ReviewError('network', 'the connection broke off', { cause });
    }
  }
}

/** Asks, and turns what went wrong into a code. 404 and 410 are answers: it is not there. */
export async function request(url: URL, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new ReviewError('network', `${url.host} cannot be reached`, { cause });
  }
  if (response.ok || response.status === 404 || response.status === 410) return response;
  const code = response.status === 401 || response.status === 403 ? 'unauthorized' : 'server_error';
  throw new ReviewError(code, `${url.host} answered ${response.status}`);
}

/** True for an answer that says: not here, or not any more. */
export const isMissing = ({ status }: Response): boolean => status === 404 || status === 410;
