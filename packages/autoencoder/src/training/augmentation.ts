import * as tf from '@tensorflow/tfjs-core';
import type { PixelFormat } from '../data/pixels';
import type { Random } from '../data/random';
import { checkSample, checkShape, checkSource, type ImageShape, type Sample, type SampleSource } from '../data/samples';
import { AutoencoderError } from '../errors/errors';
import type { AugmentationOptions } from './options';

/** Returns the images to train on this time, of `shape`; draws equally many numbers from `random` for every image. */
export function augmentSamples(
  samples: readonly Sample[],
  [height, width]: ImageShape,
  { mirror = false, crop = false }: AugmentationOptions,
  random: Random,
): readonly Sample[] {
  if (!mirror && !crop) return samples;
  return samples.map((sample) => {
    let changed = sample;
    if (crop) {
      const top = Math.floor(random.uniform() * (sample.height - height + 1));
      const left = Math.floor(random.uniform() * (sample.width - width + 1));
      changed = cropSample(changed, { top, left, height, width });
    }
    return mirror && random.uniform() < 0.5 ? mirrorSample(changed) : changed;
  });
}

/** Returns images with Gaussian noise added; the caller disposes of the result, and `images` are disposed of here. */
export function addNoise(images: tf.Tensor4D, noise: number, { scale }: PixelFormat, random: Random): tf.Tensor4D {
  const deviation = noise * 255 * scale;
  const values = random.normals(images.size).map((value) => value * deviation);
  return tf.tidy(() => tf.add<tf.Tensor4D>(images, tf.tensor4d(values, images.shape)));
}

/** Returns a sample mirrored left to right. */
export function mirrorSample(sample: Sample): Sample {
  const { channels, height, width, data } = sample;
  const mirrored = emptyLike(data, data.length);
  for (let row = 0; row < channels * height; row++) {
    const start = row * width;
    for (let x = 0; x < width; x++) mirrored[start + x] = data[start + width - 1 - x];
  }
  return { ...sample, data: mirrored };
}

function emptyLike(data: Sample['data'], length: number): Sample['data'] {
  return data instanceof Float32Array ? new Float32Array(length) : new Uint8Array(length);
}

/** Returns a part of a sample; the part must be inside it. */
export function cropSample(
  sample: Sample,
  { top, left, height, width }: { top: number; left: number; height: number; width: number },
): Sample {
  if (sample.height === height && sample.width === width) return sample;
  const data = emptyLike(sample.data, sample.channels * height * width);
  for (let c = 0; c < sample.channels; c++) {
    for (let y = 0; y < height; y++) {
      const from = (c * sample.height + top + y) * sample.width + left;
      data.set(sample.data.subarray(from, from + width), (c * height + y) * width);
    }
  }
  return { ...sample, height, width, data };
}

/** Returns `sample` if an image of `shape` can be cropped from it; otherwise throws INVALID_SAMPLE naming its `index`. */
export function checkCroppable(
  sample: Sample | undefined,
  index: number,
  [height, width, channels]: ImageShape,
): Sample {
  if (!sample || (sample.height >= height && sample.width >= width)) {
    const { height: h = height, width: w = width } = sample ?? {};
    return checkSample(sample, index, [h, w, channels]);
  }
  throw new AutoencoderError(
    'INVALID_SAMPLE',
    `sample ${index}: expected at least ${height}x${width} pixels to crop from, received ${sample.height}x${sample.width}; crop less, or import larger images.`,
  );
}

/** Makes a source of the centers of samples that are at least as large as `shape`, as Caffe crops in testing. */
export function centerCrop(source: SampleSource, shape: ImageShape): SampleSource {
  checkSource('centerCrop', source);
  checkShape('centerCrop, shape', shape);
  const [height, width] = shape;
  return {
    length: source.length,
    at: async (index) => {
      const sample = checkCroppable(await source.at(index), index, shape);
      const [top, left] = [Math.floor((sample.height - height) / 2), Math.floor((sample.width - width) / 2)];
      return cropSample(sample, { top, left, height, width });
    },
  };
}
