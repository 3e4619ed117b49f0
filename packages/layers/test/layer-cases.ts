/** The layers of tf.layers that can be trained, each with an input that suits it: `[input shape, layer]`. Of whole numbers: from 0 to 9. */
import * as tfl from '@tensorflow/tfjs-layers';

type Applied = tfl.SymbolicTensor | tfl.SymbolicTensor[];

/** Puts a layer, or a few, after a tensor. */
export type Wiring = (x: tfl.SymbolicTensor) => Applied;

/** A layer to train, and what its input is shaped like. */
export type LayerCase = [shape: number[], layer: Wiring, of?: 'whole numbers'];

const { layers } = tfl;

const [image, sequence, vector, volume, film] = [[6, 5, 4], [7, 5], [12], [4, 3, 4, 2], [3, 6, 6, 2]];

const alone =
  (make: () => { apply(x: tfl.SymbolicTensor): unknown }): Wiring =>
  (x) =>
    make().apply(x) as Applied;

/** Joins the tensor with what a layer of the same shape makes of it. */
const joined =
  (join: () => tfl.layers.Layer, other: () => tfl.layers.Layer): Wiring =>
  (x) =>
    join().apply([x, other().apply(x) as tfl.SymbolicTensor]) as Applied;

const activations = [
  ...(['elu', 'hardSigmoid', 'linear', 'relu', 'relu6', 'selu', 'sigmoid', 'softmax', 'softplus'] as const),
  ...(['softsign', 'tanh', 'swish', 'mish', 'gelu', 'gelu_new'] as const),
];

const recurrent = { units: 3, recurrentInitializer: 'glorotUniform' } as const;

function each<T>(values: readonly T[], name: (value: T) => string, make: (value: T) => LayerCase) {
  return Object.fromEntries(values.map((value) => [name(value), make(value)]));
}

/** Where windows of a convolution or a pooling can be. */
const windows = (['same', 'valid'] as const).flatMap((padding) => [1, 2, 3].map((strides) => ({ padding, strides })));

const inWords = ({ padding, strides }: { padding: string; strides: number }) => `, ${padding}, strides of ${strides}`;

export const layerCases: Record<string, LayerCase> = {
  ...each(
    activations,
    (activation) => `activation ${activation}`,
    (activation) => [image, alone(() => layers.activation({ activation }))],
  ),
  ...each(
    activations,
    (activation) => `conv2d, ${activation}`,
    (activation) => [image, alone(() => layers.conv2d({ filters: 3, kernelSize: 3, activation }))],
  ),
  ...each(
    activations,
    (activation) => `dense, ${activation}`,
    (activation) => [vector, alone(() => layers.dense({ units: 5, activation }))],
  ),
  'dense of images': [image, alone(() => layers.dense({ units: 3, useBias: false }))],

  ...each(
    windows,
    (window) => `conv2d${inWords(window)}`,
    (window) => [image, alone(() => layers.conv2d({ filters: 3, kernelSize: [3, 2], activation: 'elu', ...window }))],
  ),
  ...each(
    windows,
    (window) => `conv2dTranspose${inWords(window)}`,
    (window) => [image, alone(() => layers.conv2dTranspose({ filters: 3, kernelSize: 3, ...window }))],
  ),
  ...each(
    windows,
    (window) => `depthwiseConv2d${inWords(window)}`,
    (window) => [image, alone(() => layers.depthwiseConv2d({ kernelSize: [5, 2], activation: 'relu', ...window }))],
  ),
  ...each(
    windows,
    (window) => `depthwiseConv2d with a multiplier${inWords(window)}`,
    (window) => [image, alone(() => layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 3, ...window }))],
  ),
  ...each(
    windows,
    (window) => `separableConv2d${inWords(window)}`,
    (window) => [
      image,
      alone(() => layers.separableConv2d({ filters: 5, kernelSize: 3, depthMultiplier: 2, ...window })),
    ],
  ),
  embedding: [[7], alone(() => layers.embedding({ inputDim: 10, outputDim: 3 })), 'whole numbers'],
  conv1d: [sequence, alone(() => layers.conv1d({ filters: 4, kernelSize: 3, strides: 2 }))],
  ...each(
    [1, 2],
    (strides) => `conv3d, strides of ${strides}`,
    (strides) => [volume, alone(() => layers.conv3d({ filters: 2, kernelSize: [2, 1, 3], strides, padding: 'same' }))],
  ),

  prelu: [image, alone(() => layers.prelu())],
  'prelu of vectors': [vector, alone(() => layers.prelu())],
  ...each(
    [[1, 2], [1], [2], [3], [1, 3], [1, 2, 3]],
    (sharedAxes) => `prelu, shared along ${sharedAxes}`,
    (sharedAxes) => [image, alone(() => layers.prelu({ sharedAxes, alphaInitializer: 'randomUniform' }))],
  ),
  leakyReLU: [image, alone(() => layers.leakyReLU({ alpha: 0.2 }))],
  elu: [image, alone(() => layers.elu())],
  reLU: [image, alone(() => layers.reLU({ maxValue: 0.5 }))],
  softmax: [sequence, alone(() => layers.softmax({ axis: 2 }))],

  batchNormalization: [image, alone(() => layers.batchNormalization())],
  'batchNormalization of vectors': [vector, alone(() => layers.batchNormalization())],
  layerNormalization: [image, alone(() => layers.layerNormalization())],
  dropout: [image, alone(() => layers.dropout({ rate: 0.5 }))],
  alphaDropout: [image, alone(() => layers.alphaDropout({ rate: 0.5 }))],
  spatialDropout1d: [sequence, alone(() => layers.spatialDropout1d({ rate: 0.5 }))],
  gaussianDropout: [image, alone(() => layers.gaussianDropout({ rate: 0.5 }))],
  gaussianNoise: [image, alone(() => layers.gaussianNoise({ stddev: 0.5 }))],

  ...each(
    windows,
    (window) => `averagePooling2d${inWords(window)}`,
    (window) => [image, alone(() => layers.averagePooling2d({ poolSize: [2, 3], ...asPool(window) }))],
  ),
  ...each(
    windows,
    (window) => `maxPooling2d${inWords(window)}`,
    (window) => [image, alone(() => layers.maxPooling2d({ poolSize: [2, 3], ...asPool(window) }))],
  ),
  averagePooling1d: [sequence, alone(() => layers.averagePooling1d({ poolSize: 2 }))],
  maxPooling1d: [sequence, alone(() => layers.maxPooling1d({ poolSize: 2 }))],
  averagePooling3d: [volume, alone(() => layers.averagePooling3d({ poolSize: 2, strides: 2, padding: 'same' }))],
  maxPooling3d: [volume, alone(() => layers.maxPooling3d({ poolSize: [2, 1, 2], strides: 1, padding: 'same' }))],
  globalAveragePooling2d: [image, alone(() => layers.globalAveragePooling2d({}))],
  globalMaxPooling2d: [image, alone(() => layers.globalMaxPooling2d({}))],
  globalAveragePooling1d: [sequence, alone(() => layers.globalAveragePooling1d())],
  globalMaxPooling1d: [sequence, alone(() => layers.globalMaxPooling1d())],

  upSampling2d: [image, alone(() => layers.upSampling2d({ size: [2, 3] }))],
  'upSampling2d, bilinear': [image, alone(() => layers.upSampling2d({ size: [2, 3], interpolation: 'bilinear' }))],
  zeroPadding2d: [
    image,
    alone(() =>
      layers.zeroPadding2d({
        padding: [
          [1, 2],
          [0, 1],
        ],
      }),
    ),
  ],
  cropping2D: [
    image,
    alone(() =>
      layers.cropping2D({
        cropping: [
          [1, 2],
          [0, 1],
        ],
      }),
    ),
  ],
  reshape: [image, alone(() => layers.reshape({ targetShape: [12, 10] }))],
  permute: [image, alone(() => layers.permute({ dims: [3, 1, 2] }))],
  flatten: [image, alone(() => layers.flatten())],
  repeatVector: [vector, alone(() => layers.repeatVector({ n: 3 }))],
  rescaling: [image, alone(() => layers.rescaling({ scale: 0.5, offset: 0.1 }))],

  ...each(
    ['add', 'average', 'concatenate', 'maximum', 'minimum', 'multiply'] as const,
    (name) => name,
    (name) => [
      image,
      joined(
        () => layers[name]({}),
        () => layers.conv2d({ filters: 4, kernelSize: 1 }),
      ),
    ],
  ),
  dot: [
    vector,
    joined(
      () => layers.dot({ axes: -1, normalize: true }),
      () => layers.dense({ units: 12 }),
    ),
  ],

  simpleRNN: [sequence, alone(() => layers.simpleRNN({ ...recurrent, returnSequences: true }))],
  gru: [sequence, alone(() => layers.gru(recurrent))],
  lstm: [sequence, alone(() => layers.lstm(recurrent))],
  bidirectional: [sequence, alone(() => layers.bidirectional({ layer: layers.lstm(recurrent) as tfl.RNN }))],
  timeDistributed: [film, alone(() => layers.timeDistributed({ layer: layers.conv2d({ filters: 2, kernelSize: 3 }) }))],
  convLstm2d: [
    film,
    alone(() => layers.convLstm2d({ filters: 2, kernelSize: 3, recurrentInitializer: 'glorotUniform' })),
  ],
};

function asPool({ padding, strides }: { padding: 'same' | 'valid'; strides: number }) {
  return { padding, strides: [strides, strides] as [number, number] };
}
