export interface Scene {
  /** Served files: raw 32-bit float samples at 48 kHz. */
  bot: string;
  user?: string;
  /** After the bot's begin. */
  userAtMs?: number;
  userDb?: number;
  /** Of the echo at the microphone, against what was played. None: headphones. */
  levelDb?: number;
  delayMs?: number;
  /** Where it sounds. Default `study`. */
  room?: 'study' | 'kitchen' | 'hallway';
  bargeInMode: 'cut' | 'duck-then-cut';
  echoThreshold: number;
}

export interface Played {
  cutsMs: number[];
  starts: { atMs: number; echoLikelihood: number | undefined; doubtful: boolean }[];
  turns: number;
  errors: string[];
  audioMs: number;
  ms: number;
}
