export interface ChromiumWorker {
  /** Calls an exported function of the module; one call at a time. */
  call(name: string, ...args: unknown[]): Promise<never>;
  close(): Promise<void>;
}

export function startChromiumWorker(
  entry: string,
  files?: Record<string, string>,
  options?: { policy?: string },
): Promise<ChromiumWorker>;

export function buildAssets(
  names: readonly string[],
): Promise<{ files: Record<string, string>; remove(): Promise<void> }>;
