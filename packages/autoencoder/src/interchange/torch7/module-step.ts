/** One module during its conversion to layers. */
import type { ImportedLayer } from '../imported-layers';
import type { Module } from './module-reader';

/** What is known about a value between two modules. Shapes exclude the batch: height, width, channels. */
export interface Flow {
  readonly shape: readonly number[];
  /** For a vector: the image `[height, width, channels]` that it was made from, in Torch's order there and in ours here. */
  readonly flatOf?: readonly number[];
}

/** The layer of a pool, its input, and the channels of its mask. */
export interface PoolFacts {
  readonly name: string;
  readonly inputSize: readonly [number, number];
  readonly channels: number;
}

/** One module to be converted to layers. */
export interface ModuleStep extends Flow {
  readonly module: Module;
  /** The image that a vector becomes later, whose order it should preferably have. */
  readonly wantedImage?: readonly number[];
  /** Returns what an unpooling needs to know about the pool that it refers to. */
  poolOf(module: Module): PoolFacts;
  /** Returns a new name of a kind: 'conv1'. */
  name(kind: string): string;
}

/** The result of a module: its layers, which are created once the size is known, and their output. */
export interface Converted extends Flow {
  make(): readonly ImportedLayer[];
  /** Names of its layers, the one with the final output last. */
  readonly names: readonly string[];
}
