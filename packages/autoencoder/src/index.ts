export { Autoencoder, type AutoencoderOptions, type InitializeOptions } from './autoencoder';
export { checkTensorflow, measureTraining } from './check-engine';
export type { Codes, EncodeOptions } from './codes/codes';
export type { InterpolateOptions, InterpolationMasks } from './codes/interpolate';
export { type Neighbour, type NeighbourOptions, nearestNeighbours } from './codes/neighbours';
export { encodeNpy, encodeTextNpy } from './codes/npy';
export { type Projection, type ProjectOptions, projectCodes } from './codes/project';
export type { SampleImagesOptions } from './codes/sample';
export { type CodeStream, writeCodesNpy, writeCodesParquet } from './codes/write-codes';
export { defaultPixels, type PixelFormat, samplesToTensor, valuesToSamples } from './data/pixels';
export type { ImageShape, Sample, SampleSource, SourceIdentity } from './data/samples';
export {
  type BackendInfo,
  type BackendName,
  type BackendOptions,
  type BackendStatus,
  listBackends,
  useBackend,
} from './engines/backend';
export {
  type InstallStep,
  type InstallTensorflowOptions,
  installTensorflow,
  removeTensorflow,
} from './engines/native/install';
export {
  defaultTensorflowCache,
  findInstallation,
  type NativePackage,
  type TensorflowCheck,
  type TensorflowInstallation,
} from './engines/native/installation';
export type { NativeOptions } from './engines/native-tensorflow';
export { AutoencoderError, type AutoencoderErrorCode, type ErrorParts } from './errors';
export type { CompareOptions, Comparison, ComparisonGroup } from './evaluation/baselines/compare';
export { JpegCoder, type JpegResult } from './evaluation/baselines/jpeg';
export { fitPca, Pca, type PcaOptions } from './evaluation/baselines/pca';
export type { ComparisonRow, RatePoint } from './evaluation/baselines/rivals';
export type { EvaluateOptions, Evaluation } from './evaluation/evaluate';
export { type ImageError, imageError, psnrDb } from './evaluation/metrics/psnr';
export {
  bestImages,
  type ClassScores,
  rankImages,
  type ScoreName,
  scoresByClass,
  scoresToCsv,
  worstImages,
} from './evaluation/metrics/score-tables';
export type { ImageScores, ScoreSummary, Scores } from './evaluation/metrics/scores';
export { msSsimWeights, type Similarity, type SimilarityOptions, similarity } from './evaluation/metrics/ssim';
export { type CheckpointChoice, type LoadedCheckpoint, loadCheckpoint } from './load-checkpoint';
export type { CodeSizes, MaskInfo, MaskMode } from './network/masks';
export type { Encoding } from './network/network';
export type { InitializationScheme, PresetName } from './network/options';
export { codeBytes, quantizeCodes } from './network/quantize';
export { type CollectReportOptions, collectReport } from './report/collect';
export type { Picture } from './report/pictures';
export { renderReport } from './report/render';
export { renderComparison } from './report/render-comparison';
export type { ReportData } from './report/report-data';
export { type ReadRun, type ResumeOptions, resumeTraining } from './resume';
export { checkNewRun } from './run/new-run';
export { type RunConfig, readRunConfig, startFolder } from './run/run-config';
export { centerCrop } from './training/augmentation';
export type { AugmentationOptions, EarlyStoppingOptions, LossOptions, OptimizerOptions } from './training/options';
export { type NamedRecipe, type Recipe, type RecipeName, recipes } from './training/recipes';
export type { RunOptions } from './training/run-options';
export type { ScheduleOptions } from './training/schedules';
export type { TrainOptions } from './training/train-options';
export type {
  CheckpointSaved,
  EpochSummary,
  PassSummary,
  StepProgress,
  TrainingHistory,
  TrainingWarning,
  ValidationScore,
} from './training/training-events';
