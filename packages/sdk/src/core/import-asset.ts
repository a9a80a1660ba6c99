import { TurntapeError } from './errors.ts';

/**
 * Imports one of our own modules by its absolute address, at run time: what few need is not in the bundle of all.
 * `what` names it in the message, as the subject of a sentence. Rejects with `asset_not_found`.
 */
export async function importAsset<Module>(url: string, what: string): Promise<Module> {
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ url)) as Module;
  } catch (cause) {
    const message = `${what} did not load from ${url}: set assetBase, or run npx turntape copy-assets`;
    throw new TurntapeError('asset_not_found', message, { field: 'assetBase', cause });
  }
}
