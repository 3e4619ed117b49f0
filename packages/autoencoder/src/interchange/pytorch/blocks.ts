/** The block transforms of preset transform. Coefficients have the same order as here, with the numbers of a block last. */
import type { InverseBlockTransform2D } from '@ae/layers';
import type { Conversion, Converted } from './conversion';
import { asHere, channelsFirst, tuple } from './python-value';
import { type LayerVariable, type TorchTensor, torchTensor } from './torch-tensors';

function fixedTensors(name: string, colors: LayerVariable, list: LayerVariable, listName: string): TorchTensor[] {
  return [
    torchTensor(`${name}.colors`, colors, [[0], [1]]),
    { ...torchTensor(`${name}.${listName}`, list, [[0]]), type: 'I64' },
  ];
}

/** Images to the coefficients of their blocks. */
export function convertBlocks({ writer, name, variables, config, inputs, inputShape }: Conversion): Converted {
  const { colors, positions } = variables;
  const count = (positions.shape as number[])[0];
  const args = [inputShape[2], tuple(config.blockSize), count];
  const tensors = fixedTensors(name, colors, positions, 'positions');
  writer.declare(name, `${writer.call('BlockTransform')}(${args.join(', ')})`, tensors);
  return { text: `self.${name}(${channelsFirst(inputs[0])})`, last: true };
}

/** Coefficients to images. */
export function convertInverseBlocks(conversion: Conversion): Converted {
  const { writer, name, variables, config, inputs, outputShape, anySize, layer } = conversion;
  const { colors, places } = variables;
  const [height, width] = config.blockSize;
  const [, , channels] = (layer as InverseBlockTransform2D).imageShape;
  const isWhole = outputShape[0] % height === 0 && outputShape[1] % width === 0;
  const size = anySize || isWhole ? [] : [tuple(outputShape.slice(0, 2))];
  const args = [channels, tuple(config.blockSize), ...size];
  const tensors = fixedTensors(name, colors, places, 'places');
  writer.declare(name, `${writer.call('InverseBlockTransform')}(${args.join(', ')})`, tensors);
  return { text: `self.${name}(${asHere(inputs[0])})` };
}
