/** The networks of the issue, for tests of this package. `@ae/autoencoder` has them as presets. */
import {
  conv2d,
  conv2dTranspose,
  flatten,
  linear,
  maxPooling2d,
  maxUnpooling2d,
  relu,
  reshape,
  Sequential,
} from '../src/entries/index';

/** The `mirror` network for images of `size` x `size` x 3: `size` must be 4 * n with n odd or even, >= 12. */
export function buildMirror(size = 64, [first, second] = [12, 24], code = 1568): Sequential {
  const inner = ((size - 4) / 2 - 2) / 2;
  const features = inner * inner * second;
  return new Sequential({ inputShape: [size, size, 3], name: 'mirror' })
    .add(conv2d({ filters: first, kernelSize: 3 }))
    .add(relu())
    .add(conv2d({ filters: first, kernelSize: 3 }))
    .add(relu())
    .add(maxPooling2d({ poolSize: 2 }))
    .add(conv2d({ filters: second, kernelSize: 3 }))
    .add(relu())
    .add(maxPooling2d({ poolSize: 2 }))
    .add(flatten())
    .add(linear({ units: code }))
    .add(linear({ units: features }))
    .add(reshape({ targetShape: [inner, inner, second] }))
    .add(maxUnpooling2d())
    .add(conv2dTranspose({ filters: first, kernelSize: 3 }))
    .add(relu())
    .add(maxUnpooling2d())
    .add(conv2dTranspose({ filters: first, kernelSize: 3 }))
    .add(relu())
    .add(conv2dTranspose({ filters: 3, kernelSize: 3 }));
}

/** The listing of the blog post, layer by layer, as it is printed. It can't be built. */
export function addBlogListing(network: Sequential): Sequential {
  return network
    .add(conv2d({ inChannels: 3, filters: 12, kernelSize: 3 }))
    .add(relu())
    .add(conv2d({ inChannels: 12, filters: 12, kernelSize: 3 }))
    .add(relu())
    .add(maxPooling2d({ poolSize: 2, strides: 2, name: 'pool_layer1' }))
    .add(conv2d({ inChannels: 12, filters: 24, kernelSize: 3 }))
    .add(relu())
    .add(maxPooling2d({ poolSize: 2, strides: 2, name: 'pool_layer2' }))
    .add(reshape({ targetShape: [24 * 14 * 14] }))
    .add(linear({ inFeatures: 24 * 14 * 14, units: 1568 }))
    .add(linear({ inFeatures: 1568, units: 24 * 14 * 14 }))
    .add(reshape({ targetShape: [14, 14, 24] }))
    .add(conv2d({ inChannels: 24, filters: 12, kernelSize: 3 }))
    .add(relu())
    .add(maxUnpooling2d({ pool: 'pool_layer2' }))
    .add(conv2d({ inChannels: 12, filters: 12, kernelSize: 3 }))
    .add(relu())
    .add(maxUnpooling2d({ pool: 'pool_layer1' }))
    .add(conv2d({ inChannels: 12, filters: 3, kernelSize: 3 }));
}
