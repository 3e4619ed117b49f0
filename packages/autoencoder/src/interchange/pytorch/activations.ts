import { unsupported } from '../layer-config';
import { type Conversion, type Converted, likeInput } from './conversion';
import { float } from './python-value';

type Activation = (text: string, axis: number) => string;

const activations: Readonly<Record<string, Activation>> = {
  linear: (x) => x,
  relu: (x) => `F.relu(${x})`,
  relu6: (x) => `F.relu6(${x})`,
  sigmoid: (x) => `torch.sigmoid(${x})`,
  tanh: (x) => `torch.tanh(${x})`,
  elu: (x) => `F.elu(${x})`,
  selu: (x) => `F.selu(${x})`,
  softplus: (x) => `F.softplus(${x})`,
  softsign: (x) => `F.softsign(${x})`,
  softmax: (x, axis) => `F.softmax(${x}, ${axis})`,
  logSoftmax: (x, axis) => `F.log_softmax(${x}, ${axis})`,
  hardSigmoid: (x) => `torch.clamp(0.2 * ${x} + 0.5, 0, 1)`,
  gelu: (x) => `F.gelu(${x})`,
  gelu_new: (x) => `F.gelu(${x}, approximate="tanh")`,
  mish: (x) => `F.mish(${x})`,
  swish: (x) => `F.silu(${x})`,
};

/** Applies the activation that a layer has, if any, to its result. */
export function activated(conversion: Conversion, result: Converted): Converted {
  const name = conversion.config.activation ?? 'linear';
  if (!Object.hasOwn(activations, name)) {
    const known = Object.keys(activations).join(', ');
    throw unsupported(conversion, `has the activation ${name}, which is not exported`, `choose one of ${known}`);
  }
  const isFirst = conversion.outputShape.length === 3 && !result.last;
  return { ...result, text: activations[name](result.text, isFirst ? 1 : -1) };
}

export function convertActivation(conversion: Conversion): Converted {
  return activated(conversion, likeInput(conversion, conversion.inputs[0].text));
}

export function convertRelu(conversion: Conversion): Converted {
  const { inputs, config } = conversion;
  const [{ text }] = inputs;
  const { maxValue } = config;
  const isLimited = maxValue !== undefined && maxValue !== null;
  return likeInput(conversion, isLimited ? `torch.clamp(${text}, 0, ${float(maxValue)})` : `F.relu(${text})`);
}

export function convertLeakyRelu(conversion: Conversion): Converted {
  const { inputs, config } = conversion;
  return likeInput(conversion, `F.leaky_relu(${inputs[0].text}, ${float(config.alpha ?? 0.3)})`);
}

export function convertElu(conversion: Conversion): Converted {
  const { inputs, config } = conversion;
  return likeInput(conversion, `F.elu(${inputs[0].text}, ${float(config.alpha ?? 1)})`);
}

export function convertThreshold(conversion: Conversion): Converted {
  const { inputs, config } = conversion;
  return likeInput(conversion, `F.threshold(${inputs[0].text}, ${float(config.theta ?? 1)}, 0.0)`);
}

/** Layers that act only in training, except dropout, which is a module. */
export function convertNoise(conversion: Conversion): Converted {
  const { inputs, config, layer } = conversion;
  const [{ text }] = inputs;
  const isFactor = layer.getClassName() === 'GaussianDropout';
  const deviation = isFactor ? Math.sqrt(config.rate / (1 - config.rate)) : config.stddev;
  const noise = `${float(deviation)} * torch.randn_like(${text})`;
  const noisy = isFactor ? `${text} * (1 + ${noise})` : `${text} + ${noise}`;
  return likeInput(conversion, `${noisy} if self.training else ${text}`);
}

export function convertDropout(conversion: Conversion): Converted {
  const { writer, name, inputs, config, layer } = conversion;
  const kind = layer.getClassName() === 'AlphaDropout' ? 'AlphaDropout' : 'Dropout';
  writer.declare(name, `nn.${kind}(${float(config.rate)})`, []);
  return likeInput(conversion, `self.${name}(${inputs[0].text})`);
}
