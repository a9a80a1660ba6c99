import { TurntapeError } from '../../core/errors.ts';
import type { SampleRange, SilencedPackets } from '../silence-packets.ts';
import { MP3_DELAY } from './mp3-file.ts';
import { GRANULE, frameSamples } from './mp3-header.ts';
import { readUnit, silentUnit } from './mp3-unit.ts';

/** A frame sounds this far beyond its own samples: into the next granule, and through the filter bank of 512 taps. */
const RINGS_ON = GRANULE + 480;

/**
 * Empties every unit that sounds in the range. `start` is where the first of them begins in the decoded stream, the
 * delay counted. A frame knows only what sounds in it, so nothing of the range is left, and the frames around it ring out.
 */
export function silenceUnits(units: readonly Uint8Array[], start: number, { from, to }: SampleRange): SilencedPackets {
  let at = start;
  let touched = 0;
  const packets = units.map((bytes) => {
    const unit = readUnit(bytes);
    if (!unit) throw new TurntapeError('storage_failed', 'a unit of MP3 is damaged');
    const first = at - MP3_DELAY;
    at += frameSamples(unit.header);
    if (from >= to || at - MP3_DELAY + RINGS_ON <= from || first >= to) return bytes;
    touched += 1;
    return silentUnit(unit);
  });
  return { packets, end: at, touched };
}
