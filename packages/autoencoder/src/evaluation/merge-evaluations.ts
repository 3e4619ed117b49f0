import type { PixelFormat } from '../data/pixels';
import { AutoencoderError, checkNumber, inWords } from '../errors/errors';
import type { Evaluation } from './evaluate';
import { summarizeScores } from './metrics/scores';

/** What is needed of the evaluation of a shard. */
export type EvaluationPart = Pick<Evaluation, 'masks' | 'codeBits' | 'similarity' | 'images'>;

/**
 * Makes one evaluation of those of all shards, in any order: what `evaluate` says of the whole, to the last digit, since each image's scores
 * are in them and are summed in one order. `pixels` are the network's. Throws INVALID_OPTION where the parts are no whole.
 */
export function mergeEvaluations(parts: readonly EvaluationPart[], { scale }: Pick<PixelFormat, 'scale'>): Evaluation {
  checkNumber('pixels.scale', scale, { min: 0, exclusiveMin: true });
  const [first] = Array.isArray(parts) ? parts : [];
  if (!first) throw notWhole('evaluations of all shards', inWords(parts));
  const { masks, codeBits, similarity } = first;
  const other = parts.find((part) => kindOf(part) !== kindOf(first));
  if (other) throw notWhole(`evaluations of ${kindOf(first)}`, `one of ${kindOf(other)}`);
  const images = parts.flatMap((part) => part.images).sort((a, b) => a.index - b.index);
  const wrong = images.findIndex(({ index }, i) => index !== i);
  if (wrong >= 0) {
    const isTwice = images[wrong].index < wrong;
    throw notWhole('each image once', isTwice ? `image ${images[wrong].index} twice` : `none of image ${wrong}`);
  }
  return { masks, codeBits, similarity, ...summarizeScores(images, 255 * scale), images };
}

function kindOf({ masks, codeBits, similarity }: EvaluationPart): string {
  return `${masks} masks and ${codeBits} bits ${similarity ? 'with' : 'without'} SSIM`;
}

function notWhole(expected: string, received: string): AutoencoderError {
  return new AutoencoderError('INVALID_OPTION', { where: 'parts', expected, received });
}
