/**
 * Which records are images in color: the one place that decides where blue and red change places.
 *
 * Caffe keeps images blue first, and never swaps anything itself. Whatever has other than three or four channels (features,
 * pairs of images, masks) has no order of colors, and stays as it is stored.
 */

/** A record's size, as it is stored. */
interface Shape {
  channels: number;
  height: number;
  width: number;
}

/**
 * Tells whether a record's channels are blue, green, red (and alpha). Caffe makes no difference between bytes and float_data, so
 * both are; but floats of one row and column are features (extract_features writes them), not an image of one pixel.
 */
export function isColored({ channels, height, width }: Shape, isFloat: boolean): boolean {
  return (channels === 3 || channels === 4) && !(isFloat && height * width === 1);
}

/** Returns the place of channel `c` of an image in color when blue and red change places. Green and alpha stay. */
export function swappedChannel(c: number): number {
  return c < 3 ? 2 - c : c;
}
