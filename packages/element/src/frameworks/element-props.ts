import type { LitElement } from 'lit';
import type { Recorder, Session, SessionEvents } from 'turntape';
import type { PlaybackState } from '../player/playback.ts';
import type { ReviewSession, ReviewTurn } from '../player/review-session.ts';
import type { TurnTapePlayer } from '../player/turn-tape-player.ts';
import type { TurnTape } from '../turn-tape.ts';

/** True when two types are the same, `readonly` included. */
type Same<One, Other> =
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the one way to see `readonly` in a type
  (<Type>() => Type extends One ? 1 : 2) extends <Type>() => Type extends Other ? 1 : 2 ? true : false;

/** The names of properties that a page may set: what the class has beside Lit's own, no methods, nothing read-only. */
type SettableNames<Element> = {
  [Name in Exclude<keyof Element, keyof LitElement>]-?: Element[Name] extends (...args: never[]) => unknown
    ? never
    : Same<{ [One in Name]: Element[Name] }, Pick<Element, Name>> extends true
      ? Name
      : never;
}[Exclude<keyof Element, keyof LitElement>];

/** What a page may set on an element, taken from its class, so that a new property needs no second list. */
export type Settable<Element> = {
  [Name in SettableNames<Element>]?: Element[Name] | undefined;
};

/** What a page may only read of an element: a checker that lets unknown attributes pass must be told of these. */
export type OnlyRead<Element> = {
  [
    Name in Exclude<keyof Element, keyof LitElement | SettableNames<Element>> as Element[Name] extends (
      ...args: never[]
    ) => unknown
      ? never
      : Name
  ]?: never;
};

/** `consentVersion` → `consent-version`. */
type Hyphenated<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? First extends Lowercase<First>
    ? `${First}${Hyphenated<Rest>}`
    : `-${Lowercase<First>}${Hyphenated<Rest>}`
  : Name;

/** The same as attributes: strings, numbers and booleans alone, under the names that HTML has for them. */
export type AsAttributes<Props> = {
  [
    Name in keyof Props & string as Exclude<Props[Name], undefined> extends string | number | boolean
      ? Hyphenated<Name>
      : never
  ]?: Props[Name];
};

/** Every event of `<turn-tape>`, by its name. */
export type TurnTapeEventMap = {
  'recorder-ready': CustomEvent<{ recorder: Recorder }>;
  'session-start': CustomEvent<{ session: Session }>;
  'session-erased': CustomEvent<{ sessionId: string }>;
  'consent-withdrawn': CustomEvent<{ erase: boolean }>;
} & { [Type in keyof SessionEvents]: CustomEvent<SessionEvents[Type]> };

/** Every event of `<turn-tape-player>`, by its name. */
export interface TurnTapePlayerEventMap {
  loaded: CustomEvent<{ session: ReviewSession }>;
  statechange: CustomEvent<{ state: PlaybackState }>;
  seek: CustomEvent<{ positionMs: number }>;
  turnchange: CustomEvent<{ turn: ReviewTurn | undefined }>;
  error: CustomEvent<{ error: Error & { code: string } }>;
}

/** Listeners under `on` and the event's own name, as React 19 and Svelte 5 take them: `onsession-start`. */
export type Listeners<Events> = {
  [Type in keyof Events & string as `on${Type}`]?: ((event: Events[Type]) => void) | undefined;
};

/** What may be set on `<turn-tape>`: properties, and attributes by their own names. */
export type TurnTapeProps = Settable<TurnTape> & AsAttributes<Settable<TurnTape>>;

/** What may be set on `<turn-tape-player>`. */
export type TurnTapePlayerProps = Settable<TurnTapePlayer> & AsAttributes<Settable<TurnTapePlayer>>;
