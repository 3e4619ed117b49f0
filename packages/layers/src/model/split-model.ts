import { inWords } from '@ae/ground/in-words';
import { input, type LayersModel, type layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { GraphError } from '../errors';
import { MaxPooling2D } from '../layers/max-pooling-2d';
import { checkModel } from '../ops/checks';

/** The two halves of a model. They share its weights, so that training one trains all. The caller disposes of each. */
export interface SplitModel {
  /** Name of the layer whose output is the code. */
  codeLayerName: string;
  /** Names of the pools whose masks the encoder passes to the decoder, in the order of the pools. */
  poolNames: string[];
  /** image -> `[code, ...masks]`; only the code, not in a list, if no mask is needed. Masks are int32. */
  encoder: LayersModel;
  /** `[code, ...masks]` -> image; only the code, if no mask is needed. */
  decoder: LayersModel;
}

/** One application of a layer. */
type GraphNode = layers.Layer['inboundNodes'][number];

/**
 * Splits a model with one input and one output after a layer into encoder and decoder.
 *
 * Its layers are applied once more, to the parts' own inputs. So all three models share layers and weights, and a weight is freed once each
 * model that uses it is disposed.
 *
 * @param whole An image -> image model, from `Sequential.build` or `tf.loadLayersModel`.
 * @param codeLayerName Default: the layer with the smallest output; the first of equals.
 * @throws GraphError `INVALID_GRAPH` if there is no such layer, or if a layer after it needs more from the encoder than the code and masks
 */
export function splitModel(whole: LayersModel, codeLayerName?: string): SplitModel {
  checkModel('splitModel', whole);
  if (whole.inputs.length !== 1 || whole.outputs.length !== 1) {
    throw new GraphError({
      where: 'splitModel',
      expected: 'a model with one input and one output',
      received: `${whole.inputs.length} and ${whole.outputs.length}`,
    });
  }
  const nodes = collectNodes(whole.outputs[0]);
  const code = findCode(nodes, codeLayerName);
  const needed = findMasks(whole.outputs[0], code);
  const masks = nodes.map((node) => node.outputTensors[1]).filter((tensor) => needed.has(tensor));

  const encoderInputs = [makeInput(whole.inputs[0], whole.inputNames[0])];
  const encoderOutputs = reapply([code, ...masks], new Map([[whole.inputs[0], encoderInputs[0]]]));
  const decoderInputs = [
    makeInput(code, 'code'),
    ...masks.map((mask) => makeInput(mask, `${mask.sourceLayer.name}_mask`, 'int32')),
  ];
  const decoderOutputs = reapply(
    whole.outputs,
    new Map([code, ...masks].map((tensor, index) => [tensor, decoderInputs[index]])),
  );
  return {
    codeLayerName: code.sourceLayer.name,
    poolNames: masks.map((tensor) => tensor.sourceLayer.name),
    encoder: model({ inputs: encoderInputs, outputs: encoderOutputs, name: `${whole.name}_encoder` }),
    decoder: model({ inputs: decoderInputs, outputs: decoderOutputs, name: `${whole.name}_decoder` }),
  };
}

function makeInput(tensor: SymbolicTensor, name: string, dtype = tensor.dtype): SymbolicTensor {
  return input({ shape: tensor.shape.slice(1), dtype: dtype as 'float32' | 'int32', name });
}

/** Finds the masks that layers after the code need. @throws GraphError `INVALID_GRAPH` if they need anything else from before it */
function findMasks(image: SymbolicTensor, code: SymbolicTensor): Set<SymbolicTensor> {
  const encoder = new Set(collectNodes(code));
  const masks = new Set<SymbolicTensor>();
  for (const node of collectNodes(image)) {
    if (encoder.has(node)) continue;
    for (const source of sourcesOf(node)) {
      if (source === code || !encoder.has(nodeOf(source))) continue;
      if (!isMask(source)) throw bypassError(source, code);
      masks.add(source);
    }
  }
  return masks;
}

function isMask(tensor: SymbolicTensor): boolean {
  const isPool = tensor.sourceLayer.getClassName() === MaxPooling2D.className;
  return isPool && nodeOf(tensor).outputTensors[1] === tensor;
}

function bypassError(tensor: SymbolicTensor, code: SymbolicTensor): GraphError {
  return new GraphError({
    where: `splitModel`,
    state: `the decoder after "${code.sourceLayer.name}" needs more than the code and pooling masks: the output of layer "${tensor.sourceLayer.name}"`,
    todo: 'choose another code layer',
  });
}

/** Applies the layers that lead to the targets again, with some tensors replaced. */
function reapply(targets: SymbolicTensor[], replaced: Map<SymbolicTensor, SymbolicTensor>): SymbolicTensor[] {
  const rebuild = (tensor: SymbolicTensor): SymbolicTensor => {
    const known = replaced.get(tensor);
    if (known) return known;
    const node = nodeOf(tensor);
    const inputs = sourcesOf(node).map(rebuild);
    const outputs = tensor.sourceLayer.apply(inputs.length === 1 ? inputs[0] : inputs, node.callArgs);
    for (const [index, output] of toList(outputs as SymbolicTensor | SymbolicTensor[]).entries()) {
      replaced.set(node.outputTensors[index], output);
    }
    return replaced.get(tensor)!;
  };
  return targets.map(rebuild);
}

/** Returns the code tensor: the first output of the named layer, or of the layer with the smallest output. */
function findCode(nodes: GraphNode[], name: string | undefined): SymbolicTensor {
  // The first node is the input and the last one makes the image: nothing would be left to encode or to decode.
  const candidates = nodes.slice(0, -1).filter((node) => sourcesOf(node).length > 0);
  const tensors = candidates.map((node) => node.outputTensors[0]);
  if (name !== undefined) {
    const named = tensors.find((tensor) => tensor.sourceLayer.name === name);
    if (named) return named;
  } else if (tensors.length > 0) {
    return tensors.reduce((best, tensor) => (sizeOf(tensor) < sizeOf(best) ? tensor : best));
  }
  const layerNames = tensors.map((tensor) => `"${tensor.sourceLayer.name}"`).join(', ');
  throw new GraphError(
    layerNames
      ? {
          where: 'splitModel',
          expected: 'the name of a layer before the last',
          received: inWords(name),
          todo: `the layers are ${layerNames}`,
        }
      : { where: 'splitModel', state: 'the model has only one layer, so there is nothing to split' },
  );
}

/** Lists the nodes that a tensor depends on, each after those it depends on. */
function collectNodes(tensor: SymbolicTensor): GraphNode[] {
  const nodes = new Set<GraphNode>();
  const visit = (node: GraphNode) => {
    if (nodes.has(node)) return;
    for (const source of sourcesOf(node)) visit(nodeOf(source));
    nodes.add(node);
  };
  visit(nodeOf(tensor));
  return [...nodes];
}

function nodeOf(tensor: SymbolicTensor): GraphNode {
  return tensor.sourceLayer.inboundNodes[tensor.nodeIndex];
}

/** Returns the inputs of a node. The node of an input layer lists its own output as its input, so it is recognized by its layers. */
function sourcesOf(node: GraphNode): SymbolicTensor[] {
  return node.inboundLayers.length === 0 ? [] : node.inputTensors;
}

function sizeOf(tensor: SymbolicTensor): number {
  return tensor.shape.slice(1).reduce<number>((product, size) => product * (size ?? Number.POSITIVE_INFINITY), 1);
}

function toList<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value];
}
