import { isAsSaid, type SaidOfFile } from '../audio-format.ts';
import type { ReceivedBody } from '../received-body.ts';
import { WireError } from '../wire/wire-error.ts';

/** Refuses a file that is not what its facts say, whatever its part was called. */
export function checkFormat({ head }: ReceivedBody, facts: SaidOfFile): void {
  if (isAsSaid(head, facts)) return;
  throw new WireError('unsupported_media_type', `audio: the file is not ${facts.format}, as its facts say.`, {
    field: 'audio',
  });
}
