import { AutoencoderError, checkNumber, checkNumbers, inWords } from '../errors/errors';

/**
 * One image. `data` is planar, `[channels, height, width]`: bytes, or floats on the same scale (black is 0, white is 255); three or four
 * channels are in the order blue, green, red, alpha, as Caffe stores them. A raw Datum of @ae/lmdb-datum is a valid sample.
 */
export interface Sample<Data extends Uint8Array | Float32Array = Uint8Array | Float32Array> {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly data: Data;
  readonly label?: number;
  /** Its name in its source, such as its key in a database. */
  readonly key?: string;
}

/**
 * Samples by index. An array of samples is a source, and so is anything that can fetch one sample at a time, such as the reader of
 * @ae/lmdb-datum: only the current batch and the ones being fetched are held in memory.
 */
export interface SampleSource {
  readonly length: number;
  at(index: number): Sample | undefined | Promise<Sample | undefined>;
  /** Identifies the samples when a run is resumed, if the source can do so; otherwise some of the samples are compared. */
  identity?(): SourceIdentity | Promise<SourceIdentity>;
}

/** Identifies samples, and detects changes to them. */
export interface SourceIdentity {
  /** Text that differs after each change, but is the same for a copy. */
  readonly revision: string;
  /** A digest of the samples. */
  readonly content: string;
  /** Whether the digest covers all of them. */
  readonly complete: boolean;
}

/** Returns the shape of an image as a network takes it. */
export function shapeOf({ height, width, channels }: Sample): ImageShape {
  return [height, width, channels];
}

/** The shape of a network's input without the batch: `[height, width, channels]`. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** Throws INVALID_OPTION unless `shape` is `[height, width, channels]`. */
export function checkShape(where: string, shape: unknown): asserts shape is ImageShape {
  checkNumbers(where, shape, 3);
  for (const size of Array.from(shape)) checkNumber(where, size, { min: 1, integer: true });
}

/** Throws INVALID_SAMPLE unless `source` has a length and returns samples; `where` says what it is for. */
export function checkSource(where: string, source: unknown): asserts source is SampleSource {
  const { length, at } = (source ?? {}) as Partial<SampleSource>;
  if (Number.isInteger(length) && (length as number) >= 0 && typeof at === 'function') return;
  throw new AutoencoderError(
    'INVALID_SAMPLE',
    `${where}: expected an array of samples, or an object with length and at(index), received ${inWords(source)}.`,
  );
}

/** What to check besides the number of channels. */
export interface SampleRules {
  /** They may have any height and width. Default false. */
  readonly anySize?: boolean;
  /** Advice for a sample of the wrong size. */
  readonly advice?: string;
}

/** Fetches the samples of `indices` in order; throws INVALID_SAMPLE naming the first one that does not have `shape`. */
export async function fetchSamples(
  source: SampleSource,
  indices: ArrayLike<number>,
  shape: ImageShape,
  rules?: SampleRules,
): Promise<Sample[]> {
  const pending = Array.from(indices, (index) => source.at(index));
  const samples = await Promise.all(pending);
  return samples.map((sample, i) => checkSample(sample, indices[i], shape, rules));
}

/** Returns `sample` if it has `shape`; otherwise throws INVALID_SAMPLE naming its `index`. */
export function checkSample(
  sample: Sample | undefined,
  index: number,
  [height, width, channels]: ImageShape,
  {
    anySize = false,
    advice = 'resize all images to one size when importing, or build the network for this size',
  }: SampleRules = {},
): Sample {
  if (!sample) {
    throw new AutoencoderError(
      'INVALID_SAMPLE',
      `sample ${index}: expected an image, received none; the source has fewer images than its length says.`,
    );
  }
  const sizes = [sample.channels, sample.height, sample.width];
  const isImage = sizes.every((size) => Number.isInteger(size) && size >= 1);
  const found = sizes.every(Number.isInteger) ? sizes.join('x') : 'something without channels, height and width';
  const fits = anySize ? isImage : sample.height === height && sample.width === width;
  if (sample.channels !== channels || !fits) {
    const expected = anySize
      ? `${channels} ${channels === 1 ? 'channel' : 'channels'} of any height and width`
      : `${channels}x${height}x${width} (channels x height x width)`;
    throw new AutoencoderError(
      'INVALID_SAMPLE',
      `sample ${index}: expected ${expected}, received ${found}${anySize ? '.' : `; ${advice}.`}`,
    );
  }
  const bytes = channels * sample.height * sample.width;
  if (typeof sample.data !== 'object' || sample.data?.length !== bytes) {
    throw new AutoencoderError(
      'INVALID_SAMPLE',
      `sample ${index}: expected ${bytes} values for ${found}, received ${typeof sample.data === 'object' ? (sample.data?.length ?? 'none') : inWords(sample.data)}.`,
    );
  }
  return sample;
}
