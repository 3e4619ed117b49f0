import { InvalidIndexError } from '../../errors';

/**
 * Visits the first `channels` channels of a mask `[N, h, w, M]` in row-major order.
 *
 * `visit` receives the flat offset of a value in `[N, h, w, channels]` and of its position in `[N, H, W, channels]`.
 *
 * @throws InvalidIndexError `INVALID_INDEX`, with `where`, for an index outside the output
 */
export function forEachIndex(
  where: string,
  indices: ArrayLike<number>,
  [batch, height, width, maskChannels]: readonly [number, number, number, number],
  channels: number,
  [outHeight, outWidth]: readonly [number, number],
  visit: (value: number, position: number) => void,
): void {
  const imageSize = outHeight * outWidth * channels;
  for (let pixel = 0; pixel < batch * height * width; pixel++) {
    const image = Math.floor(pixel / (height * width));
    for (let c = 0; c < channels; c++) {
      const index = indices[pixel * maskChannels + c];
      const position = Math.floor(index / maskChannels);
      const channel = index % maskChannels;
      if (index < 0 || position >= outHeight * outWidth || channel >= channels) {
        throw new InvalidIndexError({
          where,
          expected: `indices of an output of ${outHeight}x${outWidth}x${maskChannels}`,
          received: `${index} in image ${image}`,
          todo: "pass the mask of the pool and the size of the pool's input",
        });
      }
      visit(pixel * channels + c, image * imageSize + position * channels + channel);
    }
  }
}
