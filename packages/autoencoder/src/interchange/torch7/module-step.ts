/** One module on its way to layers. */
import type { ImportedLayer } from '../imported-layers';
import type { Module } from './module-reader';

/** What is known of a value between two modules. Shapes are without the batch, height, width, channels. */
export interface Flow {
  readonly shape: readonly number[];
  /** Of a vector: the image `[height, width, channels]` that it is, which is in Torch's order there and in ours here. */
  readonly flatOf?: readonly number[];
}

/** The layer of a pool, what came into it, and the channels of its mask. */
export interface PoolFacts {
  readonly name: string;
  readonly inputSize: readonly [number, number];
  readonly channels: number;
}

/** One module that is to become layers. */
export interface ModuleStep extends Flow {
  readonly module: Module;
  /** The image that a vector becomes later on, in whose order it had best be made. */
  readonly wantedImage?: readonly number[];
  /** Returns what an unpooling needs to know of the pool that it refers to. */
  poolOf(module: Module): PoolFacts;
  /** Returns a new name of a kind: 'conv1'. */
  name(kind: string): string;
}

/** What a module becomes: layers, made when a size has been settled on, and what comes out. */
export interface Converted extends Flow {
  make(): readonly ImportedLayer[];
  /** Names of its layers, the one whose output comes out last. */
  readonly names: readonly string[];
}
