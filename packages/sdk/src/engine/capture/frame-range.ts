/** A range of session frames, `to` exclusive. */
export interface FrameRange {
  from: number;
  to: number;
}
