import { decodeImage, toPlanarBgr } from '@ae/images';
import { checkSample, type ImageShape, type Sample } from '../../data/samples';
import { AutoencoderError, checkChoice, checkNumber, checkNumbers } from '../../errors/errors';
import { interleave } from './interleave';

type Sharp = typeof import('sharp').default;

/** An image after JPEG compression. */
export interface JpegResult {
  /** The decoded image, in the format of the original. */
  readonly sample: Sample;
  /** Bytes of the compressed image, plus one for the quality; see {@link JpegCoder}. */
  readonly bytes: number;
  readonly quality: number;
  /** '4:4:4' keeps colors at full resolution, '4:2:0' at half of it. */
  readonly chromaSubsampling: '4:4:4' | '4:2:0';
}

/**
 * Baseline JPEG (8x8 blocks, libjpeg-turbo through sharp) as a rival of a learned code.
 *
 * The size is that of the compressed image plus one byte for the quality. File headers and tables are not counted: the standard Huffman
 * tables are used, and the quality determines the quantization tables, so a decoder can know them in advance, like a network's weights.
 * This favors JPEG by about 600 bytes per image, which is more than some codes have.
 */
export class JpegCoder {
  readonly #sharp: Sharp;

  private constructor(sharp: Sharp) {
    this.#sharp = sharp;
  }

  /** Loads sharp. Throws DEPENDENCY_MISSING if it is not installed. */
  static async load(): Promise<JpegCoder> {
    try {
      const { default: sharp } = await import('sharp');
      return new JpegCoder(sharp);
    } catch (cause) {
      throw new AutoencoderError(
        'DEPENDENCY_MISSING',
        'The JPEG baseline needs the package sharp, which could not be loaded; run npm install sharp.',
        { cause },
      );
    }
  }

  /** Encodes and decodes an image of one or three channels at a quality from 1 to 100. */
  async run(sample: Sample, quality: number, chromaSubsampling: JpegResult['chromaSubsampling']): Promise<JpegResult> {
    const { file, bytes } = await this.#encode(sample, quality, chromaSubsampling);
    return { sample: await decoded(file, sample), bytes, quality, chromaSubsampling };
  }

  /**
   * Encodes an image once for each budget: at the best quality whose size is within the budget, with colors at full or half resolution,
   * whichever is closer to the image. Undefined if even quality 1 is too large.
   */
  async runWithin(sample: Sample, budgets: readonly number[]): Promise<(JpegResult | undefined)[]> {
    checkNumbers('budgets', budgets);
    checkSample(sample, 0, ownShape(sample), { anySize: true });
    const subsamplings = sample.channels === 3 ? (['4:4:4', '4:2:0'] as const) : (['4:4:4'] as const);
    const candidates = await Promise.all(subsamplings.map((chroma) => this.#bestWithin(sample, budgets, chroma)));
    const errorOf = (result: JpegResult) => squaredError(result.sample.data, sample.data);
    return budgets.map((_, i) => {
      const fitting = candidates.map((results) => results[i]).filter((result) => result !== undefined);
      return fitting.sort((a, b) => errorOf(a) - errorOf(b)).at(0);
    });
  }

  /** Finds the quality for each budget by bisection; the size grows with the quality. */
  async #bestWithin(sample: Sample, budgets: readonly number[], chroma: JpegResult['chromaSubsampling']) {
    const files = new Map<number, { file: Buffer; bytes: number }>();
    const encodeOnce = async (quality: number) => {
      const known = files.get(quality) ?? (await this.#encode(sample, quality, chroma));
      files.set(quality, known);
      return known;
    };
    const results: (JpegResult | undefined)[] = [];
    for (const budget of budgets) {
      let [low, high] = [0, 100];
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((await encodeOnce(middle)).bytes <= budget) low = middle;
        else high = middle - 1;
      }
      const best = files.get(low);
      results.push(
        best && {
          sample: await decoded(best.file, sample),
          bytes: best.bytes,
          quality: low,
          chromaSubsampling: chroma,
        },
      );
    }
    return results;
  }

  async #encode(sample: Sample, quality: number, chromaSubsampling: JpegResult['chromaSubsampling']) {
    checkNumber('quality', quality, { min: 1, max: 100, integer: true });
    checkChoice('chromaSubsampling', chromaSubsampling, ['4:4:4', '4:2:0']);
    const { width, height, channels } = checkSample(sample, 0, ownShape(sample), { anySize: true });
    if (channels !== 1 && channels !== 3) {
      throw new AutoencoderError('INVALID_SAMPLE', `JPEG baseline: expected 1 or 3 channels, received ${channels}.`);
    }
    const raw = { width, height, channels } as const;
    const file = await this.#sharp(interleave(sample), { raw })
      // Huffman tables optimized for each image would have to be counted.
      .jpeg({ quality, chromaSubsampling, optimiseCoding: false, mozjpeg: false })
      .toBuffer();
    return { file, bytes: scanBytes(file) + 1 };
  }
}

/** With our own decoder, whose pixels are those of libjpeg-turbo: sharp takes more than ten times as long for such small images. */
async function decoded(file: Buffer, sample: Sample): Promise<Sample> {
  return { ...sample, data: toPlanarBgr(await decodeImage(file)) };
}

/** Returns the shape that a sample says it has, as far as it is one. */
function ownShape(sample: Sample | undefined): ImageShape {
  const { height, width, channels } = sample ?? {};
  const [h, w, c] = [height, width, channels].map((size) => (Number.isInteger(size) ? Number(size) : 0));
  return [h, w, c];
}

/** Returns the bytes from the end of the start-of-scan header to the end of the file: the compressed image. */
function scanBytes(file: Buffer): number {
  const startOfScan = 0xda;
  // After the two bytes of SOI: marker segments, each with 0xff, its type, and a length that includes itself.
  let at = 2;
  while (file[at + 1] !== startOfScan) at += 2 + file.readUInt16BE(at + 2);
  return file.length - (at + 2 + file.readUInt16BE(at + 2));
}

function squaredError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}
