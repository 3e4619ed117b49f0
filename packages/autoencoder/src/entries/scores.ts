/** Scores of images: computes, merges, ranks and writes them. */
export { type EvaluationPart, mergeEvaluations } from '../evaluation/merge-evaluations';
export { type ImageError, imageError, psnrDb } from '../evaluation/metrics/psnr';
export {
  bestImages,
  type ClassScores,
  rankImages,
  type ScoreName,
  scoresByClass,
  scoresToCsv,
  worstImages,
} from '../evaluation/metrics/score-tables';
export type { ImageScores, ScoreSummary, Scores } from '../evaluation/metrics/scores';
export { msSsimWeights, type Similarity, type SimilarityOptions, similarity } from '../evaluation/metrics/ssim';
