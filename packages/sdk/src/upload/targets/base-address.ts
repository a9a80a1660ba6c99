import { TurntapeError } from '../../core/errors.ts';

/**
 * The address before `/segments`, without a slash at its end. It may be relative to the page (`/v1`) or whole.
 * @throws TurntapeError `invalid_option` (`base`): a wrong address would fail at every send and look like a lost network.
 */
export function checkBaseAddress(base: string): string {
  // Any origin will do: only whether it can be resolved is asked.
  const address = base === '' ? undefined : parse(base);
  if (!address) throw wrong(`is no address: '${base}'`);
  if (address.protocol !== 'http:' && address.protocol !== 'https:') throw wrong('must be http or https');
  if (address.search !== '' || address.hash !== '') throw wrong('must not carry a query or a fragment');
  if (address.username !== '' || address.password !== '') throw wrong('must not carry a user name: give `headers`');
  return base.replace(/\/+$/, '');
}

function parse(base: string): URL | undefined {
  try {
    return new URL(base, 'http://relative.invalid/');
  } catch (thrown) {
    if (thrown instanceof TypeError) return undefined;
    throw thrown;
  }
}

function wrong(message: string): TurntapeError {
  return new TurntapeError('invalid_option', `base ${message}`, { field: 'base' });
}
