/** Walks the graph of a model, one layer at a time. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';

/** Lists the layers from a model's only input to its first output, each after those it depends on. */
export function layersOf({ inputs, outputs }: LayersModel): layers.Layer[] {
  const found = new Set<layers.Layer>();
  const visit = (tensor: SymbolicTensor) => {
    if (tensor.id === inputs[0].id || found.has(tensor.sourceLayer)) return;
    for (const source of sourcesOf(tensor)) visit(source);
    found.add(tensor.sourceLayer);
  };
  visit(outputs[0]);
  return [...found];
}

/** Runs the layers from a model's only input to its first output, each with `run`. */
export function runLayers(
  { inputs, outputs }: LayersModel,
  value: Tensor,
  run: (layer: layers.Layer, inputs: Tensor[]) => Tensor,
): Tensor {
  const results = new Map<number, Tensor>([[inputs[0].id, value]]);
  const resultOf = (tensor: SymbolicTensor): Tensor => {
    const known = results.get(tensor.id);
    if (known) return known;
    const result = run(tensor.sourceLayer, sourcesOf(tensor).map(resultOf));
    results.set(tensor.id, result);
    return result;
  };
  return resultOf(outputs[0]);
}

/** Returns the shape of a layer's input without the batch, which is the same in every model that contains the layer. */
export function inputShapeOf(layer: layers.Layer): number[] {
  return layer.inboundNodes[0].inputTensors[0].shape.slice(1) as number[];
}

function sourcesOf(tensor: SymbolicTensor): SymbolicTensor[] {
  return tensor.sourceLayer.inboundNodes[tensor.nodeIndex].inputTensors;
}
