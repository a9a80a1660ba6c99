import { TurntapeError } from '../../core/errors.ts';
import { HEADER_BYTES, frameBytes, readMp3Header, sideInfoBytes } from './mp3-header.ts';
import { mainDataBytes, readUnit } from './mp3-unit.ts';

/** The main data of a frame begins this far back at most, in bytes: nine bits name it. */
const RESERVOIR_BYTES = 511;

/** Takes a stream of MP3 in pieces of any length and gives out its units. */
export class Mp3Unpacker {
  readonly #onUnit: (unit: Uint8Array<ArrayBuffer>) => void;
  /** Bytes of a frame that is not whole yet. */
  #rest: Uint8Array = new Uint8Array(0);
  /** The last bytes of main data that were seen. */
  #reservoir: Uint8Array = new Uint8Array(0);

  constructor(onUnit: (unit: Uint8Array<ArrayBuffer>) => void) {
    this.#onUnit = onUnit;
  }

  /** Throws `encoder_failed` where no frame begins when one should. */
  push(bytes: Uint8Array): void {
    const stream = concat(this.#rest, bytes);
    let at = 0;
    while (at + HEADER_BYTES <= stream.length) {
      const header = readMp3Header(stream, at);
      if (!header) throw new TurntapeError('encoder_failed', 'the MP3 encoder gave something that is no frame');
      const end = at + frameBytes(header);
      if (end > stream.length) break;
      this.#take(stream.subarray(at, end));
      at = end;
    }
    this.#rest = stream.slice(at);
  }

  #take(frame: Uint8Array): void {
    const unit = readUnit(frame);
    if (!unit) throw new TurntapeError('encoder_failed', 'the MP3 encoder gave a frame that is too short');
    const { header, reach } = unit;
    const bodyAt = HEADER_BYTES + sideInfoBytes(header);
    const before = this.#reservoir;
    const stream = concat(before, frame.subarray(bodyAt));
    // A stream that was cut begins with frames whose data is gone: what there is of it is of no use to anybody.
    const from = before.length - reach;
    const data = from < 0 ? new Uint8Array(0) : stream.subarray(from, from + mainDataBytes(frame, header));
    this.#reservoir = stream.slice(-RESERVOIR_BYTES);
    this.#onUnit(concat(frame.subarray(0, bodyAt), data));
  }
}

function concat(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(one.length + other.length);
  whole.set(one);
  whole.set(other, one.length);
  return whole;
}
