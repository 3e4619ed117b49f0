import type { LayerEntry } from '../layers-model/topology';

/** Names of each class's weights here, in the order in which Keras numbers them. */
const names: Readonly<Record<string, (config: LayerEntry['config']) => readonly (string | false)[]>> = {
  Conv2D: ({ useBias }) => ['kernel', useBias !== false && 'bias'],
  Conv2DTranspose: ({ useBias }) => ['kernel', useBias !== false && 'bias'],
  Dense: ({ useBias }) => ['kernel', useBias !== false && 'bias'],
  DepthwiseConv2D: ({ useBias }) => ['depthwise_kernel', useBias !== false && 'bias'],
  SeparableConv2D: ({ useBias }) => ['depthwise_kernel', 'pointwise_kernel', useBias !== false && 'bias'],
  BatchNormalization: ({ scale, center }) => [
    ...[scale !== false && 'gamma', center !== false && 'beta'],
    ...['moving_mean', 'moving_variance'],
  ],
  LayerNormalization: ({ scale, center }) => [scale !== false && 'gamma', center !== false && 'beta'],
  PReLU: () => ['alpha'],
};

/** Returns the names of a layer's weights. */
export function weightNamesOf({ className, config }: LayerEntry): string[] {
  const list = Object.hasOwn(names, className) ? names[className](config) : [];
  return list.filter((name) => name !== false);
}
