export { Autoencoder, type AutoencoderOptions, type Encoding } from './autoencoder';
export {
  type BackendInfo,
  type BackendName,
  type BackendOptions,
  type BackendStatus,
  listBackends,
  useBackend,
} from './backend';
export { AutoencoderError, type AutoencoderErrorCode } from './errors';
export type { EvaluateOptions, Evaluation } from './evaluate';
export { psnrDb } from './metrics';
export type { AdamOptions, OptimizerOptions, SgdOptions } from './optimizers';
export { defaultPixels, type PixelFormat, samplesToTensor, valuesToSamples } from './pixels';
export type { PresetName } from './presets';
export type { ImageShape, Sample, SampleSource } from './samples';
export type { EpochSummary, StepProgress, TrainingHistory, TrainOptions } from './train';
