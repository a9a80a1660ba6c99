import { TurnTapePlayer } from './turn-tape-player.ts';

/**
 * `@turntape/element/player`: registers `<turn-tape-player>`. Importing this file is enough. A page that loads it twice, or
 * two versions of it, keeps the first one: a name can be taken only once.
 */
if (!customElements.get('turn-tape-player')) customElements.define('turn-tape-player', TurnTapePlayer);

declare global {
  interface HTMLElementTagNameMap {
    'turn-tape-player': TurnTapePlayer;
  }
}

export { TurnTapePlayer };
export type { DeviceReader } from './device-source.ts';
export type { PlaybackState } from './playback.ts';
export { DEFAULT_PLAYER_TEXTS } from './player-texts.ts';
export type { PlayerTexts, PlayerTextsPatch } from './player-texts.ts';
export type { ReviewPhase } from './review-loader.ts';
export type { ReviewHole, ReviewPart, ReviewSession, ReviewTurn } from './review-session.ts';
export { ReviewError } from './review-source.ts';
export type { ReviewFile, ReviewSource } from './review-source.ts';
export type { ReviewHeaders } from './server-source.ts';
