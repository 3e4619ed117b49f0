/** The SIMD kernels of assembly/pack.ts. */
import type { KernelMemory } from '../kernel-memory';

/** See assembly/pack.ts for the contract. Addresses are bytes in the memory beside them. */
export interface PackKernels {
  interleaveU8(
    p0: number,
    p1: number,
    p2: number,
    stride: number,
    width: number,
    rows: number,
    mirror: 0 | 1,
    dst: number,
  ): void;
  interleaveF32(
    p0: number,
    p1: number,
    p2: number,
    stride: number,
    width: number,
    rows: number,
    mirror: 0 | 1,
    dst: number,
    mean0: number,
    mean1: number,
    mean2: number,
    scale: number,
  ): void;
  planeF32(
    plane: number,
    stride: number,
    width: number,
    rows: number,
    mirror: 0 | 1,
    dst: number,
    mean: number,
    scale: number,
  ): void;
}

/** Kernels, and the memory that they work in. */
export interface Packer {
  kernels: PackKernels;
  memory: KernelMemory;
}
