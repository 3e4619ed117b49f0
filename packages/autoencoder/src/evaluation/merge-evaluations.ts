import type { PixelFormat } from '../data/pixels';
import { AutoencoderError, checkNumber, checkObjects, inWords } from '../errors/errors';
import type { Evaluation } from './evaluate';
import { summarizeScores } from './metrics/scores';

/** The parts of a shard's evaluation that are needed. */
export type EvaluationPart = Pick<Evaluation, 'masks' | 'codeBits' | 'similarity' | 'images'>;

/**
 * Combines the evaluations of all shards, in any order, into the evaluation of the whole, identical to the last digit because each image's
 * scores are included and are summed in a fixed order. `pixels` are the network's. Throws INVALID_OPTION if the parts do not make up a
 * whole.
 */
export function mergeEvaluations(parts: readonly EvaluationPart[], pixels: Pick<PixelFormat, 'scale'>): Evaluation {
  const scale = pixels?.scale;
  checkNumber('pixels.scale', scale, { min: 0, exclusiveMin: true });
  const [first] = Array.isArray(parts) ? parts : [];
  if (!first) throw notWhole('evaluations of all shards', inWords(parts));
  checkObjects('parts', parts, 'evaluations of all shards');
  for (const part of parts) checkObjects('parts, images', part.images, 'scores of images');
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
