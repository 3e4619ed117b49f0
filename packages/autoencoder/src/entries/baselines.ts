/** Other codes of the same size: PCA, JPEG and thumbnails. */

export type { CompareOptions, Comparison, ComparisonGroup } from '../evaluation/baselines/compare';
export {
  compareWithPca,
  type PcaComparison,
  type PcaComparisonOptions,
  type ScoredNetwork,
} from '../evaluation/baselines/compare-with-pca';
export { JpegCoder, type JpegResult } from '../evaluation/baselines/jpeg';
export { fitPca, Pca, type PcaOptions } from '../evaluation/baselines/pca';
export type { ComparisonRow, RatePoint, RivalMethod } from '../evaluation/baselines/rivals';
export { type PcaScoreOptions, scorePca } from '../evaluation/baselines/score-pca';
