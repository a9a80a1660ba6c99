/** What the person has said of the microphone so far. `unknown`: the browser does not tell. */
export type MicrophonePermission = PermissionState | 'unknown';

/** What the surroundings tell. */
export interface SurroundingsPorts {
  /** Also at the first look, when it is known. */
  permission(state: MicrophonePermission): void;
  online(online: boolean): void;
}

/** What is around the page: whether there is a network, and what its person has said of the microphone. */
export class Surroundings {
  readonly #ports: SurroundingsPorts;
  #stop: AbortController | undefined;
  #permission: MicrophonePermission = 'unknown';
  #online = true;

  constructor(ports: SurroundingsPorts) {
    this.#ports = ports;
  }

  get permission(): MicrophonePermission {
    return this.#permission;
  }

  /** As far as the browser knows: it sees the cable, not the server. */
  get online(): boolean {
    return this.#online;
  }

  watch(): void {
    if (this.#stop) return;
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.#online = navigator.onLine;
    window.addEventListener('online', () => this.#goes(true), { signal });
    window.addEventListener('offline', () => this.#goes(false), { signal });
    const permissions = navigator.permissions as Permissions | undefined;
    permissions?.query({ name: 'microphone' }).then(
      (status) => this.#follow(status, signal),
      // Older Firefox and Safari do not know the name: then nobody can know.
      () => undefined,
    );
  }

  release(): void {
    this.#stop?.abort();
    this.#stop = undefined;
  }

  /** A person may give it in the browser's own menus, at any time. */
  #follow(status: PermissionStatus, signal: AbortSignal): void {
    if (signal.aborted) return;
    const tell = (): void => {
      this.#permission = status.state;
      this.#ports.permission(status.state);
    };
    status.addEventListener('change', tell, { signal });
    tell();
  }

  #goes(online: boolean): void {
    this.#online = online;
    this.#ports.online(online);
  }
}
