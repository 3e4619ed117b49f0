/** The text of model.py. */
import { isColored, type PixelFormat } from '../../data/pixels';
import type { CutNetwork } from '../network-plan';
import { windowsOf } from '../window-geometry';
import type { Program } from './program-writer';
import { helperText } from './python-helpers';
import { float, torchShape, tuple } from './python-value';

/** What is said of a network beside its layers. */
export interface ModuleFacts {
  readonly inputShape: readonly [height: number, width: number, channels: number];
  readonly codeSize: number;
  readonly pixels: PixelFormat;
  /** Height and width of a block, where images have any size. */
  readonly block: readonly [number, number] | undefined;
  /** Name of the file of weights, for the example. */
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
  return `"""An autoencoder, as @ae/autoencoder exported it. Needs PyTorch alone.

    network = load("${weightsFile}")
    images = torch.zeros${size}  # red, green, blue; 0 to 255
    reconstructions = network.reconstruct(images)

Trained further, save(network, "trained.safetensors") writes what \`ae import-model\` and importPyTorch read.
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
    '# What load() read beside the weights: a description of the network, which save() writes again.',
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
      `Brings images [N, C, H, W], 0 to 255${order}, into the network's units${inside}.`,
      [`return ${turned ? `(${scaled})${turned}` : scaled}`],
    ),
    method('postprocess', '(self, images: Tensor) -> Tensor', 'Undoes preprocess; neither rounds nor clamps.', [
      `return ${turned ? `(${unscaled})${turned}` : unscaled}`,
    ]),
    method(
      'reconstruct',
      '(self, images: Tensor) -> Tensor',
      `Reconstructs images [N, C, H, W], 0 to 255${order}; neither rounds nor clamps.`,
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
      `Encodes images to a Gaussian for each: mean and logarithm of the variance, ${shape} both, and the masks.`,
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

/** Masks that say nothing: what a variational network is trained with. */
function fixedMasks({ masks }: CutNetwork): string {
  const lines = masks.map((mask) => {
    const { strides, padding, inputSize, outputSize, size } = windowsOf(mask);
    const itself = padding.every(([before, after], axis) => before === after && 2 * before <= size[axis]);
    const before = padding.map(([count]) => count);
    const width = inputSize[1] + (itself ? 0 : padding[1][0] + padding[1][1]);
    const places = [0, 1].map((axis) => {
      const shift = itself && before[axis] > 0 ? ` - ${before[axis]}` : '';
      const least = before[axis] > 0 ? `.clamp(min=${itself ? 0 : before[axis]})` : '';
      const line = `torch.arange(${outputSize[axis]}, device=device) * ${strides[axis]}${shift}`;
      return least ? `(${line})${least}` : line;
    });
    const channels = (mask.shape as number[])[3];
    return `(${places[0]}, ${places[1]}, ${width}, ${channels}),`;
  });
  return method(
    'fixed_masks',
    '(self, count: int) -> list[Tensor]',
    'Returns masks that carry nothing of an image: each maximum at the first place of its window.',
    [
      'device = next(self.parameters()).device',
      'windows = [  # rows, columns, width of the image, channels',
      ...lines.map((line) => `    ${line}`),
      ']',
      'places = [(rows.unsqueeze(1) * width + columns, channels) for rows, columns, width, channels in windows]',
      'return [place.expand(count, channels, -1, -1) for place, channels in places]',
    ],
  );
}

function listOf(items: readonly (number | string)[]): string {
  return `[${items.join(', ')}]`;
}

function method(name: string, signature: string, help: string | undefined, lines: readonly string[]): string {
  const doc = help === undefined ? [] : [`        """${help}"""`];
  const [parameters, result = ' -> None'] = signature.split(/(?= -> )/);
  return [`    def ${name}${parameters}${result}:`, ...doc, ...lines.map((line) => `        ${line}`), ''].join('\n');
}

/** Reading and writing safetensors: eight bytes of length, JSON, and the values. */
const fileFunctions = `

dtypes = {"F32": torch.float32, "I64": torch.int64}


def load(file: str) -> Autoencoder:
    """Makes a network with the weights of a safetensors file."""
    with open(file, "rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        header = json.loads(stream.read(length))
        values = bytearray(stream.read())
    network = Autoencoder()
    network.metadata = header.pop("__metadata__", {})
    state = {}
    for name, tensor in header.items():
        begin, end = tensor["data_offsets"]
        flat = torch.frombuffer(values[begin:end], dtype=dtypes[tensor["dtype"]])
        state[name] = flat.reshape(tensor["shape"])
    network.load_state_dict(state)
    return network.eval()


def save(network: Autoencoder, file: str) -> None:
    """Writes the weights of a network, and what describes it, as a safetensors file."""
    names = {dtype: name for name, dtype in dtypes.items()}
    header, values = {"__metadata__": network.metadata}, []
    end = 0
    for name, tensor in network.state_dict().items():
        tensor = tensor.detach().cpu().contiguous()
        begin, end = end, end + tensor.nbytes
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
        values.append(ctypes.string_at(tensor.data_ptr(), tensor.nbytes))
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(file, "wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text + b"".join(values))
`;
