/** What the tests use of `build.mjs`. */
export function bundle(name: string, folder: string): Promise<string[]>;
export function copyPackaged(name: string, folder: string): Promise<void>;
