/** The text of model.py. */
import { isColored, type PixelFormat } from '../../data/pixels';
import type { CutNetwork } from '../network-plan';
import { fixedMasks } from './fixed-masks';
import type { Program } from './program-writer';
import { fileFunctions } from './python-files';
import { helperText } from './python-helpers';
import { method } from './python-method';
import { float, torchShape, tuple } from './python-value';

/** Facts about a network besides its layers. */
export interface ModuleFacts {
  readonly inputShape: readonly [height: number, width: number, channels: number];
  readonly codeSize: number;
  readonly pixels: PixelFormat;
  /** Height and width of a block, if images may have any size. */
  readonly block: readonly [number, number] | undefined;
  /** Name of the weights file, for the example. */
  readonly weightsFile: string;
}

/** Writes the module. */
export function moduleSource(program: Program, cut: CutNetwork, facts: ModuleFacts): string {
  const { module, encode, decode, results } = program;
  const methods = [
    constructorOf(program, facts),
    pixelMethods(facts),
    ...encoderMethods(program, facts),
    method('decode', '(self, code: Tensor, masks: Sequence[Tensor] = ()) -> Tensor', decodeHelp(facts), [
      ...decode,
      `return ${program.reconstruction}`,
    ]),
    forwardOf(facts),
    ...(results.masks.length > 0 ? [fixedMasks(cut)] : []),
  ];
  const body = [...encode, ...decode, ...module.declarations].join('\n');
  const isMath = [...module.helpers].some((name) => name.includes('Block')) || body.includes('math.');
  return [
    headOf(facts, isMath),
    helperText(module.helpers),
    `\n\nclass Autoencoder(nn.Module):\n    """${classHelp(facts)}"""\n\n`,
    methods.join('\n'),
    fileFunctions,
  ].join('');
}

function headOf({ weightsFile, inputShape }: ModuleFacts, isMath: boolean): string {
  const size = tuple(['8', ...torchShape(inputShape)]);
  return `"""An autoencoder, exported by @ae/autoencoder. Requires only PyTorch.

    network = load("${weightsFile}")
    images = torch.zeros${size}  # red, green, blue; 0 to 255
    reconstructions = network.reconstruct(images)

After more training, save(network, "trained.safetensors") writes a file for \`ae import-model\` and importPyTorch.
"""

import ctypes
import json
${isMath ? 'import math\n' : ''}from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
`;
}

function classHelp({ inputShape, codeSize, block }: ModuleFacts): string {
  const [height, width, channels] = inputShape;
  const size = block ? 'of any height and width' : `of ${height}x${width}`;
  const code = block ? `a code for each block of ${block.join('x')}` : `a code of ${codeSize} numbers`;
  const noun = channels === 1 ? 'gray images' : channels === 3 ? 'color images' : `images of ${channels} channels`;
  return `Reconstructs ${noun} ${size} from ${code}.`;
}

function constructorOf({ module }: Program, _facts: ModuleFacts): string {
  return method('__init__', '(self) -> None', undefined, [
    'super().__init__()',
    '# What load() read besides the weights: a description of the network, which save() writes again.',
    'self.metadata: dict[str, str] = {}',
    ...module.declarations,
  ]);
}

function pixelMethods({ pixels, inputShape }: ModuleFacts): string {
  const { scale, channelOrder } = pixels;
  const channels = inputShape[2];
  const turned = isColored(channels) && channelOrder === 'bgr' ? `[:, ${listOf([2, 1, 0, 3].slice(0, channels))}]` : '';
  const order = isColored(channels) ? ', red first' : '';
  const inside = turned ? ', blue first' : '';
  const scaled = scale === 1 ? 'images.float()' : `images.float() * ${float(scale)}`;
  const unscaled = scale === 1 ? 'images' : `images / ${float(scale)}`;
  return [
    method(
      'preprocess',
      '(self, images: Tensor) -> Tensor',
      `Converts images [N, C, H, W], 0 to 255${order}, to the network's units${inside}.`,
      [`return ${turned ? `(${scaled})${turned}` : scaled}`],
    ),
    method('postprocess', '(self, images: Tensor) -> Tensor', 'Undoes preprocess, without rounding or clamping.', [
      `return ${turned ? `(${unscaled})${turned}` : unscaled}`,
    ]),
    method(
      'reconstruct',
      '(self, images: Tensor) -> Tensor',
      `Reconstructs images [N, C, H, W], 0 to 255${order}, without rounding or clamping.`,
      ['return self.postprocess(self(self.preprocess(images)))'],
    ),
  ].join('\n');
}

function encoderMethods({ encode, results, module }: Program, facts: ModuleFacts): string[] {
  const { block, codeSize } = facts;
  if (block) module.helpers.add('extend');
  const first = block ? [`images = extend(images, ${tuple(block)})`] : [];
  const shape = block ? '[N, rows, columns, numbers]' : `[N, ${codeSize}]`;
  const { code, logVariance, masks } = results;
  const maskList = listOf(masks);
  const taken = '(self, images: Tensor)';
  if (logVariance === undefined) {
    const help = `Encodes images in the network's units to codes ${shape} and the masks that decode needs.`;
    return [
      method('encode', `${taken} -> tuple[Tensor, list[Tensor]]`, help, [
        ...first,
        ...encode,
        `return ${code}, ${maskList}`,
      ]),
    ];
  }
  return [
    method(
      'distribution',
      `${taken} -> tuple[Tensor, Tensor, list[Tensor]]`,
      `Encodes each image to a Gaussian: mean and logarithm of the variance, both ${shape}, and the masks.`,
      [...first, ...encode, `return ${code}, ${logVariance}, ${maskList}`],
    ),
    method(
      'encode',
      `${taken} -> tuple[Tensor, list[Tensor]]`,
      `Encodes images in the network's units to codes ${shape}, which are means, and the masks that decode needs.`,
      ['mean, _, masks = self.distribution(images)', 'return mean, masks'],
    ),
  ];
}

function decodeHelp({ block }: ModuleFacts): string {
  const size = block ? ' of whole blocks' : '';
  return `Decodes codes, with the masks that encode returned, to images${size} in the network's units.`;
}

function forwardOf({ block }: ModuleFacts): string {
  const cut = block ? '[:, :, : images.shape[2], : images.shape[3]]' : '';
  return method(
    'forward',
    '(self, images: Tensor) -> Tensor',
    "Reconstructs images [N, C, H, W] in the network's units.",
    [`return self.decode(*self.encode(images))${cut}`],
  );
}

function listOf(items: readonly (number | string)[]): string {
  return `[${items.join(', ')}]`;
}
