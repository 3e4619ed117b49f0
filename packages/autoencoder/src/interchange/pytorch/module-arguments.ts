/** Arguments of the constructors of PyTorch's modules. */
import type { Conversion } from './conversion';
import { size2d } from './python-value';
import { type LayerVariable, type TorchTensor, torchTensor } from './torch-tensors';

/** A tensor of one axis that is the same on both sides. */
export function vector(name: string, variable: LayerVariable | undefined): TorchTensor[] {
  return variable ? [torchTensor(name, variable, [[0]])] : [];
}

/** Returns a constructor's arguments without those that have their default values. */
export function argumentsOf(
  first: readonly (number | string)[],
  named: Readonly<Record<string, string | undefined>>,
): string {
  const given = Object.entries(named).filter(([, value]) => value !== undefined);
  return [...first, ...given.map(([name, value]) => `${name}=${value}`)].join(', ');
}

/** A size, unless it is `usual` in both directions. */
export function unless(usual: number, size: readonly number[]): string | undefined {
  return size.every((each) => each === usual) ? undefined : size2d(size);
}

export function isFrozen({ layer }: Conversion): boolean {
  return layer.trainable === false;
}

/** Adds `bias=False` for a layer without bias. */
export function falseUnless(bias: LayerVariable | undefined): string | undefined {
  return bias ? undefined : 'False';
}
