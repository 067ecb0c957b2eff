/** The size of the frame. The call page itself uses this rule, so its browsers must understand the syntax. */

const MIN_FRAME_PIXELS = 200;
/** A frame that is hidden, or nearly so, may be shown later. */
const MAX_HIDDEN_PIXELS = 10;

export function isFrameTooSmall(width: number, height: number): boolean {
  const smaller = Math.min(width, height);
  return smaller > MAX_HIDDEN_PIXELS && smaller < MIN_FRAME_PIXELS;
}
