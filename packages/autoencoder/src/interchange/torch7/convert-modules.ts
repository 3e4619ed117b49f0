/** Converts modules of nn, which work on `[N, C, H, W]`, to layers, which work on `[N, H, W, C]`. */

import { Unexpected } from '../../files/expectations';
import { codeLayerName } from '../../network/presets';
import type { Module } from './module-reader';
import type { Converted, Flow, PoolFacts } from './module-step';
import { moduleTable } from './module-table';

/** The result of converting all modules of a network. */
export interface ConvertedNetwork {
  readonly steps: readonly Converted[];
  readonly shape: readonly number[];
}

/**
 * Determines what modules become for images of a size; the layer `codeName` is named as the code. Throws Unexpected for an unknown module,
 * or a size that does not fit.
 */
export function convertModules(
  modules: readonly Module[],
  inputShape: readonly number[],
  codeName?: string,
): ConvertedNetwork {
  const counts = new Map<string, number>();
  const pools = new Map<object, PoolFacts>();
  const name = (kind: string) => {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    const own = `${kind}${count}`;
    return own === codeName ? codeLayerName : own;
  };
  const steps: Converted[] = [];
  let flow: Flow = { shape: inputShape };
  for (const [i, module] of modules.entries()) {
    const convert = Object.hasOwn(moduleTable, module.className) ? moduleTable[module.className] : undefined;
    if (!convert) {
      const known = Object.keys(moduleTable).join(', ');
      throw new Unexpected(
        `module ${module.number} is of ${module.className}, which has no counterpart here; supported are ${known}`,
      );
    }
    const wantedImage = imageAfter(modules.slice(i + 1));
    const converted = convert({ ...flow, module, wantedImage, name, poolOf });
    const { shape, flatOf, names } = converted;
    if (!shape.every((size) => size >= 1))
      throw module.problem(`leaves nothing of an input of ${flow.shape.join('x')}`);
    if (module.className.endsWith('SpatialMaxPooling')) {
      const [height, width] = flow.shape;
      pools.set(module.identity, { name: names[0], inputSize: [height, width], channels: shape[2] });
    }
    steps.push(converted);
    flow = { shape, flatOf };
  }
  return { steps, shape: flow.shape };

  function poolOf(module: Module) {
    const pool = module.object('pooling');
    const found = pool && pools.get(pool);
    if (found) return found;
    throw module.problem('unpools a pooling that does not come before it');
  }
}

/** Classes that do the same to each feature, in any order. */
const alike =
  /^(nn|cudnn)\.(ReLU|LeakyReLU|ELU|Tanh|Sigmoid|SoftPlus|Threshold|Dropout|Identity|Copy|BatchNormalization)$/;

/** Finds the image that a vector becomes, if nothing before depends on single features. */
function imageAfter(modules: readonly Module[]): readonly number[] | undefined {
  const next = modules.find(({ className }) => !alike.test(className));
  if (!next || !/^nn\.(View|Reshape)$/.test(next.className)) return undefined;
  const sizes = next.sizes('size').filter((size) => size !== -1);
  const [channels, height, width] = sizes;
  return sizes.length === 3 ? [height, width, channels] : undefined;
}
