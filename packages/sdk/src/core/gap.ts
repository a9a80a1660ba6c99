/** Why a range of the timeline is missing. */
export type GapCause =
  /** The audio context stood still. */
  | 'context_suspended'
  /** The operating system took the sound away: a call, another program. */
  | 'context_interrupted'
  /** The context's clock had died, and another context took over. */
  | 'context_rebuilt'
  /** Another microphone took over. */
  | 'microphone_changed'
  /** The microphone went away; until another took over. */
  | 'microphone_lost'
  /** The microphone went away because the person, or a policy, took the permission back. */
  | 'microphone_denied'
  /** The system muted the microphone: a switch on the device, another program. */
  | 'microphone_muted'
  /** The microphone gave nothing but digital silence, and nobody had muted it. */
  | 'input_silent'
  /** The browser dropped audio between the device and us, by its own count: the length is exact, the place within 0.5 s. */
  | 'microphone_dropped'
  /**
   * The loudspeaker ran dry while the bot spoke, by the browser's count: what the player put out is recorded whole, and so
   * much of it was not heard. The length is exact, the place within 0.5 s.
   */
  | 'playback_underrun'
  /** A processor on the audio thread threw; until another took over. */
  | 'worklet_failed'
  /**
   * Frames that the audio thread counted and nobody gave us, for no known reason: blocks that never came, or quanta that the browser
   * rendered without asking our processor (Chromium, while the graph changes). Exact to the frame.
   */
  | 'blocks_lost'
  /** The engine stood still for longer than what its worklets can hold. */
  | 'engine_stall'
  /** The engine crashed, and what it had taken and not kept was gone. Of no length when the worklets still had it all. */
  | 'engine_crash'
  /** The browser gave this site no more room, and memory had none either. */
  | 'storage_full'
  /** The app that writes the user's audio brought nothing for half a second or longer. */
  | 'stream_stalled'
  /** The wall clock leapt while the frames went on: ahead, by the length of the gap, or back: then it has none. */
  | 'clock_jump';

/** A range of the timeline known to be missing, in milliseconds from the start of what carries it. */
export interface Gap {
  startMs: number;
  endMs: number;
  cause: GapCause;
}

/** A range that is silent on purpose. Never a gap. */
export interface Mark {
  startMs: number;
  endMs: number;
  /** `mute`: of the user. `deafened`: the user wanted to hear nothing of the bot, which spoke on unheard. */
  kind: 'mute' | 'deafened' | 'redaction';
}
