import type { DetailedHTMLProps, HTMLAttributes } from 'react';
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
 * Types of the elements for React 19's JSX. Types only, taken in by `"types": ["@turntape/element/react"]` in
 * `compilerOptions`: there is no wrapper, since React 19 sets properties and listens to custom events by itself.
 *
 * ```tsx
 * <turn-tape format="opus" options={OPTIONS} onsegment-kept={({ detail }) => add(detail.segment)} />;
 * ```
 *
 * Objects given as properties (`options`, `headers`, `texts`) must stay the same between renders: keep them outside the
 * component or in `useMemo`. Other `options` mean another recorder.
 */
type Props<Element extends HTMLElement, Own> = Omit<DetailedHTMLProps<HTMLAttributes<Element>, Element>, keyof Own> &
  Own;

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'turn-tape': Props<TurnTape, TurnTapeProps & Listeners<TurnTapeEventMap>>;
      'turn-tape-player': Props<TurnTapePlayer, TurnTapePlayerProps & Listeners<TurnTapePlayerEventMap>>;
    }
  }
}
