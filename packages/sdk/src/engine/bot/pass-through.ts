import type { AssembledFile } from '../../codecs/assemble-file.ts';
import { channelsOf, writeOggOpus } from '../../codecs/ogg-opus-file.ts';
import { OPUS_RATE, opusPacketFrames } from '../../codecs/opus-head.ts';
import type { TrackedTurn } from '../../core/turn-tracker.ts';
import type { FileRange } from '../keeping/segment-facts.ts';

/** Rendered frames are counted at the context's rate: rounding and the resampler's end may move a length by so much. */
const SAME_LENGTH_FRAMES = 2;

interface Given {
  packets: Uint8Array[];
  preSkip: number;
  /** Session frames of its first frame put out, and after its last. */
  startedAt?: number;
  drainedAt?: number;
}

/**
 * What an app gave as Opus and was put out whole, as it was given: the segment's file is then made of the app's own
 * packets, without a second encoding. Whatever changed the sound (a cut, a duck, a dry spell, other audio between) ends
 * that, and the file is encoded from what was rendered, as of any other turn. Chunks are, in any case: a crash needs them.
 */
export class PassThrough {
  readonly #given = new Map<string, Given>();

  packet(utteranceId: string, bytes: Uint8Array, preSkip: number): void {
    const given = this.#given.get(utteranceId) ?? { packets: [], preSkip };
    given.packets.push(bytes);
    this.#given.set(utteranceId, given);
  }

  started(utteranceId: string, at: number): void {
    const given = this.#given.get(utteranceId);
    if (given) given.startedAt = at;
  }

  drained(utteranceId: string, at: number): void {
    const given = this.#given.get(utteranceId);
    if (given) given.drainedAt = at;
  }

  /** What was heard of it is not what was given. */
  disturbed(utteranceId: string | undefined): void {
    if (utteranceId !== undefined) this.#given.delete(utteranceId);
  }

  /**
   * The file of a turn that is one such utterance and nothing else; undefined: it has to be encoded. `rate`: session frames
   * per second.
   */
  file(
    { utteranceIds }: Pick<TrackedTurn, 'utteranceIds'>,
    { part, isLast, from, to }: FileRange,
    rate: number,
  ): (AssembledFile & { numChannels: 1 | 2; preSkip: number }) | undefined {
    const [utteranceId = '', ...others] = utteranceIds;
    const given = this.#given.get(utteranceId);
    if (isLast) for (const each of utteranceIds) this.#given.delete(each);
    if (!given || others.length > 0 || part !== 1 || !isLast) return undefined;
    const { packets, preSkip, startedAt, drainedAt } = given;
    const samples = packets.reduce((sum, packet) => sum + opusPacketFrames(packet), 0) - preSkip;
    const rendered = ((to - from) / rate) * OPUS_RATE;
    if (startedAt !== from || drainedAt !== to || Math.abs(samples - rendered) > SAME_LENGTH_FRAMES) return undefined;
    const numChannels = channelsOf(packets);
    const file = writeOggOpus(packets, { numChannels, preSkip, inputSampleRate: OPUS_RATE }, samples);
    return { file, samples, numChannels, preSkip };
  }
}
