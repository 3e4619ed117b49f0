import type { Autoencoder } from '../autoencoder/autoencoder';
import { torchTensorsOf } from '../interchange/pytorch/describe-pytorch';
import { trainableWeightsOf } from '../network/named-variables';
import { csvColumns } from '../run/metrics-log';
import { denseInterval, isDense } from '../training/optimizers';
import type { RunOptions } from '../training/run-options';
import type { TrainingPlan } from '../training/training-plan';

/** Images of an LMDB of Datums, as another program finds them. */
export interface LmdbPlace {
  /** Its folder, or data file. */
  readonly path: string;
  /** Name of a named database in it. */
  readonly database?: string;
  /** How many records it has. */
  readonly records: number;
  /** Numbers of the records that are meant, in the order of the images; absent for all. */
  readonly numbers?: Uint32Array;
  /** Whether images are stored as files, such as JPEG, that must be decoded. */
  readonly files?: boolean;
}

/** What recipe.json says: all that train_ddp.py needs to know, in numbers. */
export function describeTask(
  autoencoder: Autoencoder,
  { recipe, epochs, imagesPerEpoch, imagesPerPass, stepsPerEpoch }: TrainingPlan,
  { checkpointSteps, keep = 2, logSteps = Math.ceil(stepsPerEpoch / 100) }: Omit<RunOptions, 'folder'>,
) {
  const { inputShape, pixels, model } = autoencoder;
  const { batchSize, accumulate, shuffle, records, loss, optimizer, clipNorm, averageDecay, augmentation } = recipe;
  const { mirror = false, crop = false } = augmentation;
  return {
    version: 1,
    ...{ inputShape, scale: pixels.scale, channelOrder: pixels.channelOrder },
    ...{ epochs, batchSize, accumulate, shuffle, records, imagesPerEpoch, imagesPerPass },
    ...{ loss: loss.name, optimizer, denseEvery: denseInterval(optimizer, trainableWeightsOf(model)) },
    ...{ clipNorm, averageDecay, mirror, crop },
    ...{ checkpointSteps: checkpointSteps ?? null, keep, logSteps, csvColumns },
    weights: weightPlaces(autoencoder),
  };
}

/** Says which parameter of PyTorch is which weight that is trained, and in what order its numbers are there. */
function weightPlaces(autoencoder: Autoencoder) {
  const weights = trainableWeightsOf(autoencoder.model);
  const places = torchTensorsOf(autoencoder);
  return Object.entries(weights).map(([name, weight]) => {
    const place = places.find(({ variable }) => variable?.read() === weight);
    if (!place) throw new RangeError(`no parameter of PyTorch stands for ${name}`);
    const { name: torch, view, order } = place;
    return { name, torch, view, order, shape: weight.shape, dense: isDense(name, weights) };
  });
}
