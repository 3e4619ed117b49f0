/** Networks before training: built from options, with random or computed weights. */
import { splitModel } from '@ae/layers';
import type { PixelFormat } from '../data/pixels';
import { Random } from '../data/random';
import type { ImageShape, SampleSource } from '../data/samples';
import { withRandom } from '../data/with-random';
import { useBackend } from '../engines/backend';
import { checkKeys } from '../errors/errors';
import { checkOption, checkOptions } from '../errors/option-kinds';
import { assembleModel } from '../network/assemble';
import { initializeWeights } from '../network/initialization';
import { Network } from '../network/network';
import { networkOptions } from '../network/options';
import { codeLayerName } from '../network/presets';
import { linearPartOf, setLinearCode } from '../network/transform/linear-code';
import { computeLinearCode, type LinearStartOptions } from '../network/transform/linear-start';
import { trainingOptions } from '../training/options';
import { namedRecipe, recipeFor, recipes } from '../training/recipes';
import type { AutoencoderOptions, InitializeOptions } from './autoencoder-options';

/** Builds the network that `description` describes, with its initial weights; see `Autoencoder.initialize`. */
export async function createNetwork(
  description: AutoencoderOptions,
  { inputShape, pixels }: { readonly inputShape: ImageShape; readonly pixels: PixelFormat },
  options: InitializeOptions,
): Promise<Network> {
  checkKeys('initialize', options, ['seed', 'scheme', 'recipe', 'draw']);
  const { preset = 'mirror', layers, codeSize, coefficients, variational } = description;
  const { recipe = recipeFor(layers ? undefined : preset), seed = 0, draw = true } = options;
  const named = namedRecipe(recipe).scheme;
  checkOptions('initialization', networkOptions.initialization.options, { seed, scheme: options.scheme });
  await useBackend();
  // Random numbers that layers draw by themselves come from the seed, too.
  const { model, isOwn } = withRandom(new Random(seed, 3), () => assembleModel(inputShape, description));
  // A list of layers that contains the linear part of preset transform starts like that preset.
  const { scheme = layers && linearPartOf(model) ? 'linear' : named } = options;
  if (draw) initializeWeights(model, { seed, scheme, pixels, isOwn });
  const origin = {
    ...(!layers && { preset, codeSize, coefficients, zones: linearPartOf(model)?.zones, variational }),
    initialization: { scheme, seed },
  };
  const parts = { model, ...splitModel(model, codeLayerName) };
  const network = new Network(parts, { inputShape, pixels, origin, isBlank: !draw });
  if (draw && scheme === 'linear') {
    network.start = (samples, startOptions) => computeStart(network, samples, { seed, ...startOptions });
  }
  return network;
}

/** Gives the linear part of a network the best weights for samples; see `Autoencoder.computeStart`. */
export async function computeStart(
  network: Network,
  samples: SampleSource,
  options: LinearStartOptions = {},
): Promise<void> {
  checkKeys('computeStart', options, ['seed', 'signal', 'beta', 'onProgress']);
  const { beta = recipes.transform.beta } = options;
  checkOption('beta', trainingOptions.beta, beta);
  setLinearCode(network.model, await computeLinearCode(samples, network, options), beta);
  network.start = undefined;
}
