/**
 * Page → engine: what only the page can know of the capture. The engine has the frames; a note tells it why they are
 * missing or silent.
 */
export type CaptureNote =
  /** The context of this clock was closed: its worklets say nothing any more. */
  | { type: 'closed'; clockId: number }
  /** The state of the audio context, whenever it changes. */
  | { type: 'context'; state: ContextNote }
  /** The state of the microphone, with the frame of the capture clock at which the page heard of it. */
  | { type: 'input'; state: InputNote; clockId: number; frame: number }
  /**
   * The browser lost so much audio since it was looked at before: on the way from the microphone to us, or on the way from
   * us to the loudspeaker. `frame`: when the page looked.
   */
  | { type: 'dropped' | 'underrun'; ms: number; clockId: number; frame: number };

export type ContextNote = 'running' | 'suspended' | 'interrupted';

/**
 * `live`: sound flows again. `changed`: another microphone took over. `muted`: by the system. `lost`: the device is gone.
 * `denied`: so is the permission. `off`: silenced on purpose by the app.
 */
export type InputNote = 'live' | 'changed' | 'muted' | 'lost' | 'denied' | 'off';
