import { Residual, Sequential } from '@ae/layers';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import type { ImageShape } from '../data/samples';
import { AutoencoderError } from '../errors/errors';
import { hasOwnKernels } from './initialization-scope';
import type { PresetName } from './options';
import { codeLayerName, presets } from './presets';
import type { TransformOptions } from './transform/block-plan';

/** The parts of a network: a preset, or layers. */
export interface Architecture extends TransformOptions {
  readonly preset?: PresetName;
  readonly layers?: readonly (layers.Layer | Residual)[];
}

/**
 * Builds a model for images of `inputShape`, and says which of its layers have weights or initializers that the caller chose. Throws
 * SHAPE_MISMATCH if its output differs in size from its input, and INVALID_OPTION for layers that do not form an autoencoder.
 */
export function assembleModel(
  inputShape: ImageShape,
  architecture: Architecture,
): { model: LayersModel; isOwn: (layer: layers.Layer) => boolean } {
  const { preset = 'mirror', layers: given } = architecture;
  const hadWeights = new Set(
    given
      ?.flatMap((each) => (each instanceof Residual ? each.layers : [each]))
      .filter((layer) => layer?.built && layer.weights?.length > 0),
  );
  const net = new Sequential({ inputShape: [...inputShape], name: 'autoencoder' });
  if (given) for (const layer of given) net.add(layer);
  else presets[preset](net, architecture);
  checkOutput(inputShape, net);
  if (given) checkCodeLayer(net);
  // A preset's initializers only save the time of drawing weights that will be replaced.
  const isOwn = (layer: layers.Layer) => !!given && (hadWeights.has(layer) || hasOwnKernels(layer));
  return { model: build(net), isOwn };
}

function checkOutput(inputShape: ImageShape, { outputShape }: Sequential): void {
  const [expected, received] = [inputShape.join('x'), outputShape.join('x')];
  if (expected === received) return;
  throw new AutoencoderError('SHAPE_MISMATCH', {
    where: 'network',
    expected: `an output of the input's size ${expected} (height x width x channels)`,
    received,
    todo: 'choose an input size that is divisible by the pooling layers, or other layers',
  });
}

/** Throws INVALID_OPTION unless a layer before the last is the code. */
function checkCodeLayer({ steps }: Sequential): void {
  if (steps.length === 0 || steps.slice(0, -1).some(({ layer }) => layer.name === codeLayerName)) return;
  throw new AutoencoderError('INVALID_OPTION', {
    where: 'layers',
    expected: `a layer before the last one that is named "${codeLayerName}", where the encoder ends`,
    received: steps.map(({ layer }) => layer.name).join(', '),
    todo: `give one of them that name, for example linear({ units: 32, name: '${codeLayerName}' })`,
  });
}

/** Creates the weights; the error says so if tf.layers cannot build the network. */
function build(net: Sequential): LayersModel {
  try {
    return net.build();
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== undefined) throw cause;
    const message = `layers: tf.layers cannot build this network: ${(cause as Error).message}.`;
    throw new AutoencoderError('INVALID_OPTION', message, { cause });
  }
}
