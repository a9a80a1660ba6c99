/** A setting that cannot be used. The message says what is wrong and what to do. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError' as const;
  /** As the operator wrote it: `--port`, `TURNTAPE_TOKEN`. */
  readonly setting: string;

  constructor(setting: string, message: string, cause?: unknown) {
    super(`${setting}: ${message}`, cause === undefined ? undefined : { cause });
    this.setting = setting;
  }
}
