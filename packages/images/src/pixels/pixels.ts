/** Images in memory: the types that all of this package shares. */

export interface Size {
  height: number;
  width: number;
}

/** A part of an image. */
export interface Box extends Size {
  top: number;
  left: number;
}

/** Pixels as in image libraries: interleaved `[H, W, C]` uint8; gray, RGB or RGBA. */
export interface Pixels extends Size {
  data: Uint8Array;
  channels: number;
}

/** Pixels as in a Datum: planar `[C, H, W]` uint8; gray or blue-green-red. */
export interface Planes extends Size {
  data: Uint8Array;
  planar: true;
  channels: number;
}

/** Red, green and blue, 0 to 255. */
export type RgbColor = readonly [red: number, green: number, blue: number];

/**
 * Planar `[C, H, W]` pixels from 0 to 255, as in records and reconstructions. With 3 or 4 channels, they are blue-green-red(-alpha);
 * otherwise, they are not colors.
 */
export interface PlanarImage {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array | Float32Array;
}

/** An image of 8-bit RGB pixels, `[height, width, 3]`. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}
