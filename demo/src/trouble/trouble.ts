import { NO_TROUBLE } from '../demo-trouble.ts';
import type { TroubleName, TroubleState } from '../demo-trouble.ts';
import { askServerSwitch, throwServerSwitch } from '../server.ts';
import { milliseconds } from '../words-for-people.ts';
import { blockPage } from './block-page.ts';
import type { FullDisk } from './full-disk.ts';
import type { NetworkPlug } from './network-plug.ts';

/** How long the page stands still. */
const FREEZE_MS = 3000;
/** What was missed is told by then, if anything was: the engine reports gaps as they happen. */
const REPORTED_WITHIN_MS = 1000;

/** What trouble needs of the page. */
export interface TroublePorts {
  plug: NetworkPlug;
  disk: FullDisk;
  /** Takes the consent back; with `erase` everything goes, here and on the server. */
  revokeConsent(choice: { erase: boolean }): Promise<void>;
  /** What is missing of the running session, in milliseconds; undefined when none runs. */
  missingMs(): number | undefined;
  show(state: TroubleState): void;
  /** Both sides may have changed. */
  changed(): void;
}

/** Makes trouble when it is told to, and says what came of it. */
export class Trouble {
  readonly #ports: TroublePorts;
  #state: TroubleState = NO_TROUBLE;

  constructor(ports: TroublePorts) {
    this.#ports = ports;
  }

  /** Finds out what trouble there is already. */
  async begin(): Promise<void> {
    const { plug } = this.#ports;
    await plug.recalled;
    this.#set({ unplugged: plug.pulled, serverUp: await askServerSwitch() });
    if (plug.pulled) this.#set({ news: 'You left with the plug pulled. What you record waits here.' });
  }

  /** The switch of this name was pressed. Never rejects. */
  async make(name: TroubleName): Promise<void> {
    this.#set({ busy: name, mayErase: false, news: '' });
    try {
      await this.#make(name);
    } catch (thrown) {
      this.#set({ news: thrown instanceof Error ? thrown.message : String(thrown) });
    }
    this.#set({ busy: undefined });
    this.#ports.changed();
  }

  /** Erases everything, and asks the server to. */
  async erase(): Promise<void> {
    await this.#ports.revokeConsent({ erase: true });
    this.#set({
      mayErase: false,
      news: 'Erased on this device. The server is asked to erase its copies, until it has.',
    });
    this.#ports.changed();
  }

  async #make(name: TroubleName): Promise<void> {
    switch (name) {
      case 'block':
        await this.#block();
        break;
      case 'plug':
        await this.#plug();
        break;
      case 'server':
        await this.#server();
        break;
      case 'disk':
        this.#disk();
        break;
      case 'consent':
        await this.#withdraw();
        break;
    }
  }

  async #block(): Promise<void> {
    const before = this.#ports.missingMs();
    // One frame, so that the button is seen to be pressed.
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    blockPage(FREEZE_MS);
    await new Promise((reported) => setTimeout(reported, REPORTED_WITHIN_MS));
    const after = this.#ports.missingMs();
    if (before === undefined || after === undefined) {
      this.#set({
        news: 'The page stood still for 3 s. Start a conversation, and try it in the middle of a sentence.',
      });
      return;
    }
    const missing = after - before === 0 ? 'nothing is missing' : `${milliseconds(after - before)} are missing`;
    this.#set({ news: `The page stood still for 3 s. The recording did not: ${missing}.` });
  }

  async #plug(): Promise<void> {
    const { plug } = this.#ports;
    await plug.pull(!plug.pulled);
    const news = plug.pulled
      ? 'The plug is pulled. Talk on: every turn is kept here. You may even close the tab.'
      : 'Plugged in. What waited is on its way.';
    this.#set({ unplugged: plug.pulled, news });
  }

  async #server(): Promise<void> {
    const serverUp = await throwServerSwitch(this.#state.serverUp === false ? 'start' : 'kill');
    const news = serverUp
      ? 'The server is up again. What waited is on its way.'
      : 'The server is dead: its process was killed. What it had acknowledged is on its disk, the rest is here.';
    this.#set({ serverUp, news });
  }

  #disk(): void {
    const { disk } = this.#ports;
    disk.fill(!disk.full);
    const news = disk.full
      ? 'Not a byte can be written. What is said now waits in memory, some minutes of it, until there is room.'
      : 'There is room again, and what waited in memory is written.';
    this.#set({ diskFull: disk.full, news });
  }

  async #withdraw(): Promise<void> {
    await this.#ports.revokeConsent({ erase: false });
    this.#set({ mayErase: true, news: 'Recording has stopped, and cannot start before somebody agrees again.' });
  }

  #set(change: Partial<TroubleState>): void {
    this.#state = { ...this.#state, ...change };
    this.#ports.show(this.#state);
  }
}
