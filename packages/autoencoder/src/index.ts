export { type AugmentationOptions, centerCrop } from './augmentation';
export { Autoencoder, type AutoencoderOptions, type Encoding, type InitializeOptions } from './autoencoder';
export {
  type BackendInfo,
  type BackendName,
  type BackendOptions,
  type BackendStatus,
  listBackends,
  useBackend,
} from './backend';
export type { CompareOptions, Comparison, ComparisonGroup } from './baselines/compare';
export { JpegCoder, type JpegResult } from './baselines/jpeg';
export { fitPca, Pca, type PcaOptions } from './baselines/pca';
export type { ComparisonRow, RatePoint } from './baselines/rivals';
export type { EarlyStoppingOptions } from './early-stopping';
export { AutoencoderError, type AutoencoderErrorCode } from './errors';
export type { EvaluateOptions, Evaluation } from './evaluate';
export type { InitializationScheme } from './initialization';
export { encodeNpy, encodeTextNpy } from './interchange/npy';
export { type CodeStream, writeCodesNpy, writeCodesParquet } from './interchange/write-codes';
export type { Codes, EncodeOptions } from './latent/codes';
export type { InterpolateOptions, InterpolationMasks } from './latent/interpolate';
export { type Neighbour, type NeighbourOptions, nearestNeighbours } from './latent/neighbours';
export { type Projection, type ProjectOptions, projectCodes } from './latent/project';
export { codeBytes, quantizeCodes } from './latent/quantize';
export type { SampleImagesOptions } from './latent/sample';
export { type CheckpointChoice, type LoadedCheckpoint, loadCheckpoint } from './load-checkpoint';
export type { LossOptions } from './losses';
export type { CodeSizes, MaskInfo, MaskMode } from './masks';
export { type ImageError, imageError, psnrDb } from './metrics/psnr';
export {
  bestImages,
  type ClassScores,
  rankImages,
  type ScoreName,
  scoresByClass,
  scoresToCsv,
  worstImages,
} from './metrics/score-tables';
export type { ImageScores, ScoreSummary, Scores } from './metrics/scores';
export { msSsimWeights, type Similarity, type SimilarityOptions, similarity } from './metrics/ssim';
export { checkTensorflow, measureTraining, type TensorflowCheck } from './native/check';
export { type InstallStep, type InstallTensorflowOptions, installTensorflow, removeTensorflow } from './native/install';
export {
  defaultTensorflowCache,
  findInstallation,
  type NativePackage,
  type TensorflowInstallation,
} from './native/installation';
export type { NativeOptions } from './native-tensorflow';
export type { AdagradOptions, AdamOptions, OptimizerOptions, RmsPropOptions, SgdOptions } from './optimizers';
export { defaultPixels, type PixelFormat, samplesToTensor, valuesToSamples } from './pixels';
export type { PresetName } from './presets';
export { type Recipe, type RecipeName, recipes } from './recipes';
export { type CollectReportOptions, collectReport } from './report/collect';
export type { Picture } from './report/pictures';
export { renderReport } from './report/render';
export { renderComparison } from './report/render-comparison';
export type { ReportData } from './report/report-data';
export { type ResumeOptions, resumeTraining } from './resume';
export { checkNewRun } from './run/new-run';
export { type RunConfig, readRunConfig, startFolder } from './run/run-config';
export type { RunOptions } from './run/run-folder';
export type { ImageShape, Sample, SampleSource, SourceIdentity } from './samples';
export type { ScheduleOptions } from './schedules';
export type { TrainOptions } from './train';
export type {
  CheckpointSaved,
  EpochSummary,
  PassSummary,
  StepProgress,
  TrainingHistory,
  TrainingWarning,
  ValidationScore,
} from './training-events';
