import type { HTMLAttributes } from 'svelte/elements';
import type { TurnTapePlayer } from '../player/turn-tape-player.ts';
import type { TurnTape } from '../turn-tape.ts';
import type {
  Listeners,
  TurnTapeEventMap,
  TurnTapePlayerEventMap,
  TurnTapePlayerProps,
  TurnTapeProps,
} from './element-props.ts';

/**
 * Types of the elements for Svelte 5's templates. Types only, taken in by `"types": ["@turntape/element/svelte"]` in
 * `compilerOptions`.
 *
 * ```svelte
 * <turn-tape format="opus" {options} onsegment-kept={({ detail }) => add(detail.segment)}></turn-tape>
 * ```
 */
type Props<Element extends EventTarget, Own> = Omit<HTMLAttributes<Element>, keyof Own> & Own;

declare module 'svelte/elements' {
  interface SvelteHTMLElements {
    'turn-tape': Props<TurnTape, TurnTapeProps & Listeners<TurnTapeEventMap>>;
    'turn-tape-player': Props<TurnTapePlayer, TurnTapePlayerProps & Listeners<TurnTapePlayerEventMap>>;
  }
}
