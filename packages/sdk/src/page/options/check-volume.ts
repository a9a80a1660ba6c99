import { TurntapeError } from '../../core/errors.ts';

/** A factor of the amplitude, 0 … 1: `invalid_argument` with the field `volume` otherwise. */
export function checkVolume(volume: number): number {
  if (typeof volume === 'number' && volume >= 0 && volume <= 1) return volume;
  throw new TurntapeError('invalid_argument', `volume must be a number from 0 to 1, not ${String(volume)}`, {
    field: 'volume',
  });
}
