/**
 * Which records are color images: the only place that decides where blue and red are swapped.
 *
 * Caffe stores images blue first, and never swaps anything itself. Records with other than three or four channels (features, pairs of
 * images, masks) have no channel order, and stay as they are stored.
 */

/** A record's size as it is stored. */
interface Shape {
  channels: number;
  height: number;
  width: number;
}

/**
 * Tells whether a record's channels are blue, green, red (and alpha). Caffe makes no difference between bytes and float_data, so both are;
 * but floats with one row and column are features (written by extract_features), not an image of one pixel.
 */
export function isColored({ channels, height, width }: Shape, isFloat: boolean): boolean {
  return (channels === 3 || channels === 4) && !(isFloat && height * width === 1);
}

/** Returns the index of channel `c` of a color image after swapping blue and red. Green and alpha stay. */
export function swappedChannel(c: number): number {
  return c < 3 ? 2 - c : c;
}
