/** The networks of the benchmark, ours; torch_networks.py has the same. */
import { Autoencoder } from '@ae/autoencoder';
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
} from '@ae/layers';

/** The network of the blog post, 64x64x3: two poolings, a code of 1568 numbers, two unpoolings. */
function mirror() {
  const same = { kernelSize: 3, padding: 'same' };
  return new Sequential({ inputShape: [64, 64, 3] })
    .add(conv2d({ filters: 12, ...same }))
    .add(relu())
    .add(conv2d({ filters: 12, ...same }))
    .add(relu())
    .add(maxPooling2d({ poolSize: 2 }))
    .add(conv2d({ filters: 24, ...same }))
    .add(relu())
    .add(maxPooling2d({ poolSize: 2 }))
    .add(flatten())
    .add(linear({ units: 1568 }))
    .add(linear({ units: 6144 }))
    .add(reshape({ targetShape: [16, 16, 24] }))
    .add(maxUnpooling2d())
    .add(conv2dTranspose({ filters: 12, ...same }))
    .add(relu())
    .add(maxUnpooling2d())
    .add(conv2dTranspose({ filters: 12, ...same }))
    .add(relu())
    .add(conv2dTranspose({ filters: 3, ...same }))
    .build();
}

/** As unlike it as an autoencoder can be, 128x128x3: no pooling, strided kernels of 5, 64 channels, no dense layer. */
function strided() {
  const options = { kernelSize: 5, strides: 2, padding: 'same' };
  return new Sequential({ inputShape: [128, 128, 3] })
    .add(conv2d({ filters: 64, ...options }))
    .add(relu())
    .add(conv2d({ filters: 64, ...options }))
    .add(relu())
    .add(conv2dTranspose({ filters: 64, ...options }))
    .add(relu())
    .add(conv2dTranspose({ filters: 3, ...options }))
    .build();
}

/** The preset, 64x64x3, with a code of so many numbers; the start that needs no images. */
async function transform(codeSize) {
  const network = new Autoencoder({ preset: 'transform', inputShape: [64, 64, 3], codeSize });
  await network.initialize({ seed: 1 });
  return network.model;
}

/** Each makes a tf.LayersModel. */
export const networks = {
  mirror,
  strided,
  'transform-1536': () => transform(1536),
  'transform-256': () => transform(256),
};
