/** Convolutions of all kinds. */
import { checkLayout } from '../layer-config';
import { convolutionWindow, transposedPadding } from '../window-geometry';
import { activated } from './activations';
import type { Conversion, Converted } from './conversion';
import { argumentsOf, falseUnless, isFrozen, unless, vector } from './module-arguments';
import { channelsFirst, size2d } from './python-value';
import { padded } from './shapes';
import { type LayerVariable, torchTensor } from './torch-tensors';

/** From height, width, in, out (of transposed convolutions out, in) to out, in, height, width. */
const kernelOrder = [[3], [2], [0], [1]];

/** How a convolution pads: by itself if both sides are equal, or in a step before it. */
function paddingOf(conversion: Conversion, size?: readonly number[]) {
  checkLayout(conversion);
  const window = convolutionWindow(conversion, size);
  const { padding, strides, dilations } = window;
  const itself = padding.every(([before, after]) => before === after);
  const text = channelsFirst(conversion.inputs[0]);
  return {
    size: window.size,
    input: itself ? text : padded(text, padding),
    options: {
      stride: unless(1, strides),
      padding: itself
        ? unless(
            0,
            padding.map(([before]) => before),
          )
        : undefined,
      dilation: unless(1, dilations),
    },
  };
}

export function convertConvolution(conversion: Conversion): Converted {
  const { writer, name, variables, outputShape } = conversion;
  const { kernel, bias } = variables;
  const { size, input, options } = paddingOf(conversion);
  // Kernels of a grouped convolution have the channels of one group.
  const [, , within] = kernel.shape as number[];
  const channels = conversion.inputShape[2];
  const groups = channels === within ? undefined : String(channels / within);
  const args = argumentsOf([channels, outputShape[2], size2d(size)], { ...options, groups, bias: falseUnless(bias) });
  const tensors = [torchTensor(`${name}.weight`, kernel, kernelOrder), ...vector(`${name}.bias`, bias)];
  writer.declare(name, `nn.Conv2d(${args})`, tensors, { isFrozen: isFrozen(conversion) });
  return activated(conversion, { text: `self.${name}(${input})` });
}

/** Depthwise convolutions. */
export function convertDepthwise(conversion: Conversion): Converted {
  const { name, variables } = conversion;
  return activated(conversion, { text: depthwise(conversion, name, variables.bias) });
}

export function convertSeparable(conversion: Conversion): Converted {
  const { writer, name, variables, outputShape } = conversion;
  const { pointwise_kernel: kernel, bias } = variables;
  const byChannel = depthwise(conversion, writer.free(`${name}_depthwise`), undefined);
  const pointwise = writer.free(`${name}_pointwise`);
  const args = argumentsOf([(kernel.shape as number[])[2], outputShape[2], 1], { bias: falseUnless(bias) });
  const tensors = [torchTensor(`${pointwise}.weight`, kernel, kernelOrder), ...vector(`${pointwise}.bias`, bias)];
  writer.declare(pointwise, `nn.Conv2d(${args})`, tensors, { isFrozen: isFrozen(conversion) });
  return activated(conversion, { text: `self.${pointwise}(${byChannel})` });
}

function depthwise(conversion: Conversion, name: string, bias: LayerVariable | undefined): string {
  const { writer, variables, inputShape } = conversion;
  const kernel = variables.depthwise_kernel;
  const [height, width, channels, multiplier] = kernel.shape as number[];
  const { input, options } = paddingOf(conversion, [height, width]);
  const args = argumentsOf([channels, channels * multiplier, size2d([height, width])], {
    ...options,
    groups: String(inputShape[2]),
    bias: falseUnless(bias),
  });
  const weight = torchTensor(`${name}.weight`, kernel, [[2, 3], [], [0], [1]]);
  writer.declare(name, `nn.Conv2d(${args})`, [weight, ...vector(`${name}.bias`, bias)], {
    isFrozen: isFrozen(conversion),
  });
  return `self.${name}(${input})`;
}

export function convertTransposed(conversion: Conversion): Converted {
  const { writer, name, variables, config, inputs, inputShape, outputShape } = conversion;
  checkLayout(conversion);
  const { kernelSize, strides, padding } = config;
  const { kernel, bias } = variables;
  const sides = [0, 1].map((axis) => transposedPadding(padding, kernelSize[axis], strides[axis]));
  const args = argumentsOf([inputShape[2], outputShape[2], size2d(kernelSize)], {
    stride: unless(1, strides),
    padding: unless(
      0,
      sides.map(([before]) => before),
    ),
    output_padding: unless(
      0,
      sides.map(([, after]) => Math.max(0, -after)),
    ),
    bias: falseUnless(bias),
  });
  const tensors = [torchTensor(`${name}.weight`, kernel, kernelOrder), ...vector(`${name}.bias`, bias)];
  writer.declare(name, `nn.ConvTranspose2d(${args})`, tensors, { isFrozen: isFrozen(conversion) });
  // PyTorch crops equally on both sides; the odd row and column is cut off here.
  const more = sides.map(([before, after]) => Math.max(0, after - before));
  const ends = more.map((count) => (count > 0 ? `: -${count}` : ':'));
  const cut = more.some((count) => count > 0) ? `[:, :, ${ends.join(', ')}]` : '';
  return activated(conversion, { text: `self.${name}(${channelsFirst(inputs[0])})${cut}` });
}
