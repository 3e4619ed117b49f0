/** What PyTorch trains in the same way as this engine. Everything else is refused by name. */
import { AutoencoderError } from '../errors/errors';
import { trainableWeightsOf } from '../network/named-variables';
import { variationalCodeOf } from '../network/variational-code';
import type { ElsewhereTask } from '../training/elsewhere';

/** Layers that behave differently in training: at random, or depending on the rest of a batch, of which each process has only a part. */
const changing = [
  'BatchNormalization',
  'Dropout',
  'SpatialDropout1D',
  'GaussianNoise',
  'GaussianDropout',
  'AlphaDropout',
];

/** Throws INVALID_OPTION, naming what torchrun would train differently from this engine. */
export function checkTorchTraining({ network, plan }: ElsewhereTask): void {
  const { recipe, steps, epochs, stepsPerEpoch, minutes } = plan;
  const { schedule, earlyStopping, tiedWeights, loss, augmentation } = recipe;
  if (schedule.policy === 'plateau')
    throw refused('schedule', 'a schedule that is known in advance', schedule.policy, 'choose another schedule');
  if (steps !== epochs * stepsPerEpoch) throw refused('steps', 'none', String(steps), 'set epochs');
  if (minutes !== undefined) throw refused('minutes', 'none', String(minutes), 'set epochs');
  if (earlyStopping) throw refused('earlyStopping', 'none', 'one', 'leave it out');
  if (tiedWeights) throw refused('tiedWeights', 'false', 'true', 'leave it out');
  if (loss.name === 'ssim') throw refused('loss', 'mse or mae', loss.name, 'choose one of these');
  if (augmentation.noise) throw refused('augmentation.noise', '0', String(augmentation.noise), 'leave it out');
  if (variationalCodeOf(network.encoder)) throw refused('variational', 'false', 'true', 'leave it out');
  const { layers } = network.model;
  const other = layers.find((layer) => changing.includes(layer.getClassName()));
  if (other) throw refusedLayer(`${other.name} (${other.getClassName()})`, 'behaves differently during training');
  if (network.model.calculateLosses().length > 0) throw refusedLayer('one', 'has a regularizer');
  const bound = network.model.trainableWeights.find((weight) => (weight as { constraint?: unknown }).constraint);
  if (bound) throw refusedLayer(bound.originalName, 'has a constraint');
  if (Object.keys(trainableWeightsOf(network.model)).length === 0) throw refusedLayer('none', 'can be trained');
}

function refused(where: string, expected: string, received: string, todo: string): AutoencoderError {
  return new AutoencoderError('INVALID_OPTION', {
    where,
    expected: `${expected}, with torchrun`,
    received,
    todo: `${todo}, or train on another engine`,
  });
}

function refusedLayer(layer: string, what: string): AutoencoderError {
  return new AutoencoderError('INVALID_OPTION', {
    where: 'torchrun',
    state: `torchrun cannot train this network as other engines do: layer ${layer} ${what}`,
    todo: 'train it on another engine',
  });
}
