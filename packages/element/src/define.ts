import { TurnTape } from './turn-tape.ts';

/**
 * Registers `<turn-tape>`. Importing this file is enough. A page that loads it twice, or two versions of it, keeps the
 * first one: a name can be taken only once.
 */
if (!customElements.get('turn-tape')) customElements.define('turn-tape', TurnTape);

declare global {
  interface HTMLElementTagNameMap {
    'turn-tape': TurnTape;
  }
}

export { TurnTape };
