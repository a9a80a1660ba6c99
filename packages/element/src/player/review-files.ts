import type { ReviewPart, ReviewTurn } from './review-session.ts';
import type { ReviewSource } from './review-source.ts';
import { saveFile } from './save-file.ts';

/** What the files need of their house. */
export interface ReviewFilesPorts {
  /** Of the session under review. */
  source(): ReviewSource;
  /** Something is being made, or is made. */
  changed(): void;
  /** A file is not there any more. */
  gone(part: ReviewPart): void;
}

/** Hands what is reviewed to the browser's downloads. */
export class ReviewFiles {
  readonly #ports: ReviewFilesPorts;
  #saving: 'session' | 'bundle' | undefined;

  constructor(ports: ReviewFilesPorts) {
    this.#ports = ports;
  }

  /** What is being made. */
  get saving(): 'session' | 'bundle' | undefined {
    return this.#saving;
  }

  /** A file of the whole session, where the source has one. */
  async save(what: 'session' | 'bundle'): Promise<void> {
    this.#saving = what;
    this.#ports.changed();
    try {
      const { signal } = new AbortController();
      const source = this.#ports.source();
      const file = await (what === 'session' ? source.sessionFile?.({ signal }) : source.bundle?.({ signal }));
      if (file) saveFile(file);
    } finally {
      this.#saving = undefined;
      this.#ports.changed();
    }
  }

  /** The files of one turn, one for each part. */
  async saveTurn(turn: ReviewTurn, position: number): Promise<void> {
    for (const [index, part] of turn.parts.entries()) {
      if (part.audio !== 'file') continue;
      const audio = await this.#ports.source().audio(part, { signal: new AbortController().signal });
      if (!audio) {
        this.#ports.gone(part);
        continue;
      }
      const number = String(position).padStart(4, '0');
      const suffix = turn.parts.length > 1 ? `-${index + 1}` : '';
      const blob = new Blob([audio], { type: MEDIA_TYPES[part.format] });
      saveFile({ blob, name: `${number}-${turn.speaker}${suffix}.${part.format}` });
    }
  }
}

const MEDIA_TYPES: Readonly<Record<ReviewPart['format'], string>> = {
  opus: 'audio/ogg',
  wav: 'audio/wav',
  mp3: 'audio/mpeg',
};
