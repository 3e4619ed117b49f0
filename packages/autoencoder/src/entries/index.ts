export type { Shard } from '@ae/ground/shards';
export { Autoencoder } from '../autoencoder/autoencoder';
export type { AutoencoderOptions, InitializeOptions, ReconstructOptions } from '../autoencoder/autoencoder-options';
export { type CheckpointChoice, type LoadedCheckpoint, loadCheckpoint } from '../autoencoder/load-checkpoint';
export { type ReadRun, type ResumeOptions, resumeTraining } from '../autoencoder/resume';
export type { ImageInputs, ImageOptions, ImageSource, Images, Picture } from '../data/images';
export { defaultPixels, type PixelFormat, samplesToTensor, valuesToSamples } from '../data/pixels';
export type { ImageShape, Sample, SampleSource, SourceIdentity } from '../data/samples';
export {
  type BackendInfo,
  type BackendName,
  type BackendOptions,
  type BackendStatus,
  listBackends,
  useBackend,
} from '../engines/backend';
export { AutoencoderError, type AutoencoderErrorCode, type ErrorParts, type OptionDifference } from '../errors/errors';
export type { EvaluateOptions, Evaluation } from '../evaluation/evaluate';
export type { WeightCount } from '../network/count-weights';
export type { CodeSizes, MaskInfo, MaskMode } from '../network/masks';
export type { SaveOptions } from '../network/model-folder';
export type { Encoding } from '../network/network';
export type { InitializationScheme, PresetName } from '../network/options';
export type { LoadPlace, NamedFile, SavePlace } from '../network/saved-model/model-files';
export { type CoefficientsOptions, coefficientsFor } from '../network/transform/coefficients-for';
export type { LinearStartOptions } from '../network/transform/linear-start';
export { type Distribution, VariationalCode, type VariationalCodeArgs } from '../network/variational-code';
export { centerCrop } from '../training/augmentation';
export type { RunOptions } from '../training/run-options';
export type { TrainOptions } from '../training/train-options';
export type {
  CheckpointSaved,
  EpochSummary,
  PassSummary,
  StartProgress,
  StepProgress,
  TrainingHistory,
  TrainingWarning,
  ValidationScore,
} from '../training/training-events';
