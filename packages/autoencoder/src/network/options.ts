/** The options of a network, as a table; training/options.ts has those of training. Nothing here requires TensorFlow. */
import { pixelOptions } from '../data/pixel-options';
import type { OptionTable } from '../errors/option-kinds';

/** The architectures by name; presets.ts builds them. */
export const presetNames = {
  mirror: "the blog post's encoder, and a decoder that mirrors it",
  torch7: "the network of the original's repository",
  transform:
    'a linear code of image blocks between convolutions, without pooling or masks; starts from the best linear code',
} as const;

/** The name of a built-in network. */
export type PresetName = keyof typeof presetNames;

/** How the initial weights can be drawn. */
export const schemeNames = {
  projection: 'a network that already reconstructs a blurred image',
  torch: "Torch7's uniform distribution, as in the original",
  linear: 'for preset transform: the best linear code of the training images',
} as const;

/** How the initial weights are drawn: as a projection, which learns fastest, as in Torch7, or as the best linear code. */
export type InitializationScheme = keyof typeof schemeNames;

/** The options of a network that is built from a preset. */
export const networkOptions = {
  preset: { kind: 'word', words: presetNames, default: 'mirror', help: 'architecture' },
  codeSize: {
    kind: 'number',
    min: 1,
    integer: true,
    help: 'numbers in the code, or the closest possible with preset transform (default: set by the preset)',
  },
  coefficients: {
    kind: 'number',
    min: 1,
    integer: true,
    help: 'for preset transform: number of cosine coefficients per block that the code can represent (default: at least 1536, or 4096 and more for few images with much in common)',
  },
  zones: {
    kind: 'number',
    min: 1,
    max: 256,
    integer: true,
    help: 'for preset transform: number of sets of coefficients, of which each block uses the one that suits it best (default: 16 for codes of 32 numbers or more, 1 for small or variational ones)',
  },
  variational: {
    kind: 'switch',
    default: false,
    help: 'make the code a Gaussian, from which new images can be drawn (VAE)',
  },
  pixels: { kind: 'group', options: pixelOptions, help: "how bytes become the network's input" },
  initialization: {
    kind: 'group',
    help: 'the initial weights',
    options: {
      scheme: { kind: 'word', words: schemeNames, help: 'how the initial weights are chosen' },
      seed: {
        kind: 'number',
        integer: true,
        help: 'seed for the initial weights only (default: --seed)',
      },
    },
  },
} as const satisfies OptionTable;
