import { BlockTransform2D, InverseBlockTransform2D } from '@ae/layers';
import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Autoencoder } from '../autoencoder/autoencoder';
import { codeLayerName } from '../network/presets';

/** Which part of a network: images to reconstructions, images to codes and masks, or codes and masks to reconstructions. */
export type NetworkPart = 'network' | 'encoder' | 'decoder';

export const networkParts: readonly NetworkPart[] = ['network', 'encoder', 'decoder'];

/** One application of a layer. */
export interface Step {
  readonly layer: layers.Layer;
  readonly inputs: readonly SymbolicTensor[];
  readonly outputs: readonly SymbolicTensor[];
}

/** The layers of a part of a network in an executable order, with its inputs and outputs. */
export interface NetworkPlan {
  readonly steps: readonly Step[];
  /** The images, or the code and the masks. */
  readonly inputs: readonly SymbolicTensor[];
  readonly outputs: readonly SymbolicTensor[];
}

/** A complete network, split at its code. */
export interface CutNetwork {
  readonly encoder: NetworkPlan;
  readonly decoder: NetworkPlan;
  readonly network: NetworkPlan;
  readonly code: SymbolicTensor;
  /** Those of the pools whose masks the decoder needs, first pool first. */
  readonly masks: readonly SymbolicTensor[];
}

/** Splits a network after the layer named 'code'. */
export function cutNetwork(model: LayersModel): CutNetwork {
  const steps = stepsTo(model.outputs[0]);
  const code = steps.find(({ layer }) => layer.name === codeLayerName)?.outputs[0] ?? model.outputs[0];
  const before = new Set(stepsTo(code).map(({ outputs }) => outputs[0]));
  const encoder = steps.filter(({ outputs }) => before.has(outputs[0]));
  const decoder = steps.filter(({ outputs }) => !before.has(outputs[0]));
  const taken = new Set(decoder.flatMap(({ inputs }) => inputs));
  const masks = encoder.flatMap(({ outputs }) => outputs.slice(1)).filter((tensor) => taken.has(tensor));
  return {
    code,
    masks,
    network: { steps, inputs: model.inputs, outputs: model.outputs },
    encoder: { steps: encoder, inputs: model.inputs, outputs: [code, ...masks] },
    decoder: { steps: decoder, inputs: [code, ...masks], outputs: model.outputs },
  };
}

/** Lists the layers that lead to a tensor, each after those it depends on. */
function stepsTo(tensor: SymbolicTensor): Step[] {
  const found = new Map<object, Step>();
  const visit = (target: SymbolicTensor) => {
    const node = target.sourceLayer.inboundNodes[target.nodeIndex];
    if (found.has(node) || node.inboundLayers.length === 0) return;
    for (const source of node.inputTensors) visit(source);
    found.set(node, { layer: target.sourceLayer, inputs: node.inputTensors, outputs: node.outputTensors });
  };
  visit(tensor);
  return [...found.values()];
}

/** Returns the shape of a tensor of a network, without the batch. */
export function shapeOf({ shape }: SymbolicTensor): number[] {
  return shape.slice(1) as number[];
}

/** Returns the size of a block if images may have any size and the network computes those of its own size in the same way. */
export function wholeBlocks({ takesAnySize, inputShape }: Autoencoder, { network }: CutNetwork) {
  const layer = network.steps.find(
    ({ layer }) => layer instanceof BlockTransform2D || layer instanceof InverseBlockTransform2D,
  );
  if (!takesAnySize || !layer) return undefined;
  const { blockSize } = layer.layer as BlockTransform2D;
  return blockSize.every((side, axis) => inputShape[axis] % side === 0) ? blockSize : undefined;
}
