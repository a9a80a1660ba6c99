import type { EmitFn, HTMLAttributes } from 'vue';
import type { TurnTapePlayer } from '../player/turn-tape-player.ts';
import type { TurnTape } from '../turn-tape.ts';
import type {
  OnlyRead,
  TurnTapeEventMap,
  TurnTapePlayerEventMap,
  TurnTapePlayerProps,
  TurnTapeProps,
} from './element-props.ts';

/**
 * Types of the elements for Vue's templates. Types only, taken in by `"types": ["@turntape/element/vue"]` in
 * `compilerOptions`. Tell the compiler once that names with a hyphen are no components:
 * `vue({ template: { compilerOptions: { isCustomElement: (tag) => tag.startsWith('turn-tape') } } })`.
 *
 * ```vue
 * <template>
 *   <turn-tape format="opus" :options="options" @segment-kept="({ detail }) => add(detail.segment)" />
 * </template>
 * ```
 */
type Emits<Events> = { [Type in keyof Events]: (event: Events[Type]) => void };

/** A custom element as Vue's tools know components: what it takes, and what it tells. */
type VueElement<Element extends HTMLElement, Own, Events> = new () => Element & {
  /** @deprecated Only for the types of templates: there is no such property. */
  $props: HTMLAttributes & Own & OnlyRead<Element>;
  /** @deprecated Only for the types of templates: there is no such method. */
  $emit: EmitFn<Emits<Events>>;
};

declare module 'vue' {
  interface GlobalComponents {
    'turn-tape': VueElement<TurnTape, TurnTapeProps, TurnTapeEventMap>;
    'turn-tape-player': VueElement<TurnTapePlayer, TurnTapePlayerProps, TurnTapePlayerEventMap>;
  }
}
