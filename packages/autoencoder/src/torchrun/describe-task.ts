import type { Autoencoder } from '../autoencoder/autoencoder';
import { torchTensorsOf } from '../interchange/pytorch/describe-pytorch';
import { trainableWeightsOf } from '../network/named-variables';
import { csvColumns } from '../run/metrics-log';
import { denseInterval, isDense } from '../training/optimizers';
import type { RunOptions } from '../training/run-options';
import type { TrainingPlan } from '../training/training-plan';

/** Images of an LMDB of Datums, for another program to read. */
export interface LmdbPlace {
  /** Its folder or data file. */
  readonly path: string;
  /** Name of a named database in it. */
  readonly database?: string;
  /** Total number of records. */
  readonly records: number;
  /** Indexes of the selected records, in the order of the images; absent if all are selected. */
  readonly numbers?: Uint32Array;
  /** Whether images are stored as files, such as JPEG, that must be decoded. */
  readonly files?: boolean;
}

/** The contents of recipe.json: everything that train_ddp.py needs to know, in numbers. */
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

/** Lists which parameter of PyTorch corresponds to which trained weight, and the order of its numbers there. */
function weightPlaces(autoencoder: Autoencoder) {
  const weights = trainableWeightsOf(autoencoder.model);
  const places = torchTensorsOf(autoencoder);
  return Object.entries(weights).map(([name, weight]) => {
    const place = places.find(({ variable }) => variable?.read() === weight);
    if (!place) throw new RangeError(`no parameter of PyTorch corresponds to ${name}`);
    const { name: torch, view, order } = place;
    return { name, torch, view, order, shape: weight.shape, dense: isDense(name, weights) };
  });
}
