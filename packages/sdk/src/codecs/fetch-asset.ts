import { TurntapeError, type TurntapeErrorCode } from '../core/errors.ts';

/**
 * The bytes at an address. A missing file is `asset_not_found`, and so is a web page in its place, which is what many
 * servers answer for what they do not have; every other failure has the code given.
 *
 * `what` names it in the message, as part of a sentence.
 */
export async function fetchAsset(url: string, what: string, code: TurntapeErrorCode): Promise<ArrayBuffer> {
  let response: Response;
  let bytes: ArrayBuffer;
  try {
    response = await fetch(url);
    bytes = await response.arrayBuffer();
  } catch (cause) {
    throw new TurntapeError(code, `Could not fetch ${what} from ${url}.`, { cause, retryable: true });
  }
  const isPage = response.headers.get('content-type')?.startsWith('text/html');
  if (response.status === 404 || response.status === 410 || (response.ok && isPage))
    throw new TurntapeError(
      'asset_not_found',
      `${url} is not there (status ${response.status}${isPage ? ', a web page' : ''}): it should be ${what}. ` +
        'Run `npx turntape copy-assets DIR`, serve DIR, and give its address as `assetBase`.',
      { field: 'assetBase' },
    );
  if (!response.ok)
    throw new TurntapeError(code, `Could not fetch ${what}: ${url} answers ${response.status}.`, {
      retryable: response.status >= 500,
    });
  return bytes;
}
