/** The conversion of each class of nn. */
import { relu } from '@ae/layers';
import { layers } from '@tensorflow/tfjs-layers';
import { convertLinear, convertNormalization, convertView } from './feature-modules';
import {
  convertAveragePool,
  convertConvolution,
  convertPool,
  convertTransposed,
  convertUnpooling,
  convertUpSampling,
  convertZeroPadding,
} from './image-modules';
import type { Converted, ModuleStep } from './module-step';

type Converter = (step: ModuleStep) => Converted;

/** By class name. */
export const moduleTable: Readonly<Record<string, Converter>> = {
  ...everywhere('SpatialConvolution', convertConvolution),
  'nn.SpatialConvolutionMM': convertConvolution,
  ...everywhere('SpatialFullConvolution', convertTransposed),
  ...everywhere('SpatialMaxPooling', convertPool),
  'nn.SpatialMaxUnpooling': convertUnpooling,
  ...everywhere('SpatialAveragePooling', convertAveragePool),
  'nn.SpatialUpSamplingNearest': convertUpSampling,
  'nn.SpatialZeroPadding': convertZeroPadding,
  ...everywhere('SpatialBatchNormalization', convertNormalization),
  ...everywhere('BatchNormalization', convertNormalization),
  'nn.Linear': convertLinear,
  'nn.View': convertView,
  'nn.Reshape': convertView,
  ...everywhere('ReLU', (step) => single(step, 'relu', (name) => relu({ name }))),
  ...everywhere('Tanh', (step) => activation(step, 'tanh')),
  ...everywhere('Sigmoid', (step) => activation(step, 'sigmoid')),
  'nn.SoftPlus': convertSoftPlus,
  'nn.Threshold': convertThreshold,
  'nn.LeakyReLU': (step) => {
    const alpha = step.module.decimal('negval', 0.01);
    return single(step, 'relu', (name) => layers.leakyReLU({ alpha, name }));
  },
  'nn.ELU': (step) => {
    const alpha = step.module.decimal('alpha', 1);
    return single(step, 'elu', (name) => layers.elu({ alpha, name }));
  },
  'nn.Dropout': (step) => {
    const rate = step.module.decimal('p', 0.5);
    return single(step, 'dropout', (name) => layers.dropout({ rate, name }));
  },
  'nn.Identity': nothing,
  'nn.Copy': nothing,
};

function everywhere(name: string, convert: Converter): Record<string, Converter> {
  return { [`nn.${name}`]: convert, [`cudnn.${name}`]: convert };
}

/** A layer without weights that preserves the shape. */
function single({ shape, flatOf, name }: ModuleStep, kind: string, make: (name: string) => layers.Layer): Converted {
  const own = name(kind);
  return { shape, flatOf, names: [own], make: () => [{ layer: make(own) }] };
}

function activation(step: ModuleStep, kind: 'tanh' | 'sigmoid' | 'softplus'): Converted {
  return single(step, kind, (name) => layers.activation({ activation: kind, name }));
}

function nothing({ shape, flatOf }: ModuleStep): Converted {
  return { shape, flatOf, names: [], make: () => [] };
}

function convertSoftPlus(step: ModuleStep): Converted {
  if (step.module.decimal('beta', 1) !== 1) throw step.module.problem('has a beta that is not 1');
  return activation(step, 'softplus');
}

function convertThreshold(step: ModuleStep): Converted {
  const theta = step.module.decimal('threshold', 1e-6);
  if (step.module.decimal('val', 0) !== 0) throw step.module.problem('puts a value that is not 0 below the threshold');
  return single(step, 'relu', (name) => (theta === 0 ? relu({ name }) : layers.thresholdedReLU({ theta, name })));
}
