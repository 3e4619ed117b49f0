import type { SampleSource } from '../data/samples';
import { AutoencoderError } from '../errors/errors';
import type { Evaluation } from './evaluate';
import { summarizeScores } from './metrics/scores';

/** Scores of a source's images that were computed earlier, so that nothing is scored twice. */
export class KnownScores {
  readonly #source: SampleSource;
  readonly #evaluations: readonly Evaluation[];

  /** Takes evaluations of all images of `source`. Throws INVALID_OPTION for those of more or fewer images. */
  constructor(source: SampleSource, evaluations: readonly Evaluation[] = []) {
    const other = evaluations.find(({ count }) => count !== source.length);
    if (other) {
      throw new AutoencoderError('INVALID_OPTION', {
        where: 'evaluations',
        expected: `scores of the same ${source.length} images`,
        received: `scores of ${other.count}`,
      });
    }
    this.#source = source;
    this.#evaluations = evaluations;
  }

  /**
   * Returns the result of `evaluate` for `count` images spread evenly over the source, as {@link spread} chooses them, or undefined if it
   * is not known. `peak` is the network's value of white.
   */
  find(
    { masks, codeBits }: Pick<Evaluation, 'masks' | 'codeBits'>,
    count: number,
    peak: number,
  ): Evaluation | undefined {
    const isMeant = (known: Evaluation) => known.masks === masks && known.codeBits === codeBits && known.similarity;
    const known = this.#evaluations.find(isMeant);
    if (!known || count === this.#source.length) return known;
    // Among fewer images, other images would lend their masks.
    if (masks === 'other') return undefined;
    const images = pickSpread(known.images, count).map((image, index) => ({ ...image, index }));
    return { ...known, ...summarizeScores(images, peak), images };
  }
}

/** Returns at most `count` samples of a source, evenly spread. */
export function spread(source: SampleSource, count: number): SampleSource {
  if (source.length <= count) return source;
  return { length: count, at: (index) => source.at(placeOf(index, source.length, count)) };
}

function pickSpread<T>(items: readonly T[], count: number): T[] {
  return Array.from({ length: count }, (_, index) => items[placeOf(index, items.length, count)]);
}

function placeOf(index: number, length: number, count: number): number {
  return Math.floor((index * length) / count);
}
