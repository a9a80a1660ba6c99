/**
 * In CSS pixels. A column is a bar and the space after it. At 30 pixels a second the tape goes on by one in every second
 * frame of a common screen, and by one in each of a screen with twice the pixels: never by none and then by two.
 */
export const COLUMN_PX = 3;
export const BAR_PX = 2;
/** The line of times under the lanes. */
export const TIMES_PX = 18;
/** Between the two lanes and the line in the middle. */
export const MIDDLE_PX = 3;
/** What a silent column is drawn as. */
export const DOT_PX = 2;
