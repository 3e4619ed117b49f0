import { MaxPooling2D } from '@ae/layers';
import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { VariationalCode } from '../../network/variational-code';
import type { LayerConfig } from '../layer-config';
import { type CutNetwork, type NetworkPlan, type Step, shapeOf } from '../network-plan';
import { weightName } from '../weights';
import type { Conversion, Converted } from './conversion';
import { convertLayer } from './layer-table';
import { ModuleWriter } from './module-writer';
import { convertPool } from './pooling';
import { asHere, type PythonValue, shapeInWords, tuple } from './python-value';
import type { TorchTensor } from './torch-tensors';

/** The lines of the methods of a module, and what they call. */
export interface Program {
  readonly module: ModuleWriter;
  /** Starting from `images` in the network's units. */
  readonly encode: readonly string[];
  /** Starting from `code` and `masks`. */
  readonly decode: readonly string[];
  /** Variables: the code, the logarithm of its variance if there is one, and the masks. */
  readonly results: { readonly code: string; readonly logVariance?: string; readonly masks: readonly string[] };
  readonly reconstruction: string;
  readonly tensors: readonly TorchTensor[];
}

/** Writes the methods of a network. `anySize`: images may have any height and width. */
export function writeProgram(cut: CutNetwork, anySize: boolean): Program {
  return new ProgramWriter(cut, anySize).write();
}

class ProgramWriter {
  readonly #module = new ModuleWriter();
  readonly #cut: CutNetwork;
  readonly #anySize: boolean;
  /** The variable or expression for each tensor of the network. */
  readonly #values = new Map<SymbolicTensor, PythonValue>();
  /** How often each layer is applied. */
  readonly #uses = new Map<layers.Layer, number>();
  #lines: string[] = [];

  constructor(cut: CutNetwork, anySize: boolean) {
    this.#cut = cut;
    this.#anySize = anySize;
    for (const { layer } of cut.network.steps) this.#uses.set(layer, (this.#uses.get(layer) ?? 0) + 1);
  }

  write(): Program {
    const { encoder, decoder, code, masks } = this.#cut;
    const [image] = encoder.inputs;
    this.#values.set(image, { text: 'images', shape: shapeOf(image) });
    for (const step of encoder.steps) this.#step(step, encoder);
    const results = {
      code: this.#giveCode(this.#values.get(code) as PythonValue),
      logVariance: this.#module.distribution && this.#giveLogVariance(),
      masks: masks.map((mask) => (this.#values.get(mask) as PythonValue).text),
    };
    const encode = this.#lines;
    this.#lines = [];
    if (results.masks.length > 0)
      this.#lines.push(`${results.masks.join(', ')}${results.masks.length === 1 ? ',' : ''} = masks`);
    this.#takeCode(code);
    for (const step of decoder.steps) this.#step(step, decoder);
    const made = this.#values.get(decoder.outputs[0]) as PythonValue;
    const reconstruction = made.last ? `${made.text}.permute(0, 3, 1, 2)` : made.text;
    const { tensors } = this.#module;
    return { module: this.#module, encode, decode: this.#lines, results, reconstruction, tensors };
  }

  /** Codes have the same order as here: flat, by row, column and number, or small images if images may have any size. */
  #giveCode(value: PythonValue): string {
    if (value.shape.length === 1 || this.#anySize) return asHere(value);
    return `${asHere(value)}.flatten(1)`;
  }

  #giveLogVariance(): string {
    const isFlat = this.#anySize || !this.#logVarianceIsImage;
    return isFlat ? 'log_variance' : 'log_variance.flatten(1)';
  }

  #logVarianceIsImage = false;

  #takeCode(code: SymbolicTensor): void {
    const shape = shapeOf(code);
    if (this.#anySize) this.#values.set(code, { text: 'code', shape: [0, 0, 0], last: true });
    else if (shape.length === 1) this.#values.set(code, { text: 'code', shape });
    else {
      this.#lines.push(`x = code.unflatten(1, ${tuple(shape)})`);
      this.#values.set(code, { text: 'x', shape, last: shape.length === 3 });
    }
  }

  #step(step: Step, plan: NetworkPlan): void {
    const { layer, outputs } = step;
    const conversion = this.#conversionOf(step, plan);
    if (layer instanceof MaxPooling2D) {
      const needsMask = this.#cut.masks.includes(outputs[1]) || usesOf(outputs[1], plan).length > 0;
      this.#give(step, plan, convertPool(conversion, outputs[1], needsMask), needsMask);
      return;
    }
    const result = convertLayer(conversion);
    if (layer instanceof VariationalCode) this.#noteDistribution(conversion);
    this.#give(step, plan, result, false);
  }

  #noteDistribution({ outputShape }: Conversion): void {
    this.#lines.push(`log_variance = ${this.#module.distribution?.logVariance}`);
    this.#logVarianceIsImage = outputShape.length > 1;
  }

  #conversionOf({ layer, inputs, outputs }: Step, plan: NetworkPlan): Conversion {
    const isShared = (this.#uses.get(layer) ?? 0) > 1;
    const values = inputs.map((input) => this.#values.get(input) as PythonValue);
    return {
      writer: this.#module,
      layer,
      name: this.#module.nameOf(layer),
      config: layer.getConfig() as unknown as LayerConfig,
      variables: Object.fromEntries(layer.weights.map((variable) => [weightName(variable), variable])),
      // The order of its weights must suit all uses.
      inputs: isShared ? values.map(inCommonOrder) : values,
      sources: inputs,
      inputShape: shapeOf(inputs[0]),
      outputShape: shapeOf(outputs[0]),
      anySize: this.#anySize,
      wantedImage: isShared ? undefined : this.#imageOf(outputs[0], plan),
    };
  }

  /** Follows a vector to where it is reshaped to an image, if nothing on the way depends on single features. */
  #imageOf(tensor: SymbolicTensor, plan: NetworkPlan): readonly number[] | undefined {
    if (shapeOf(tensor).length !== 1 || tensor === this.#cut.code) return undefined;
    const users = usesOf(tensor, plan);
    if (users.length !== 1) return undefined;
    const [{ layer, outputs }] = users;
    const shape = shapeOf(outputs[0]);
    if (layer.getClassName() === 'Reshape' && shape.length === 3) return shape;
    return alike.has(layer.getClassName()) ? this.#imageOf(outputs[0], plan) : undefined;
  }

  /** Assigns a result to a variable. */
  #give({ layer, inputs, outputs }: Step, plan: NetworkPlan, result: Converted, withMask: boolean): void {
    const { text, last, flatOf, shape = shapeOf(outputs[0]) } = result;
    const before = this.#values.get(inputs[0]) as PythonValue;
    const variable = this.#variableFor(outputs[0], layer, plan);
    if (text === before.text && (variable === 'x' || text !== 'x') && !withMask) {
      this.#values.set(outputs[0], { text, shape, last, flatOf });
      return;
    }
    const value: PythonValue = { text: variable, shape, last, flatOf };
    this.#values.set(outputs[0], value);
    const targets = [variable];
    if (withMask) {
      const mask = `${this.#module.nameOf(layer)}_mask`;
      this.#values.set(outputs[1], { text: mask, shape: shapeOf(outputs[1]) });
      targets.push(mask);
    }
    const isNews = !this.#anySize && shapeInWords(value) !== shapeInWords(before);
    this.#lines.push(`${targets.join(', ')} = ${text}${isNews ? `  # ${shapeInWords(value)}` : ''}`);
  }

  /** What only the next layer needs is x; the rest has a name. */
  #variableFor(tensor: SymbolicTensor, layer: layers.Layer, plan: NetworkPlan): string {
    const { steps } = plan;
    const made = steps.findIndex(({ outputs }) => outputs[0] === tensor);
    const users = usesOf(tensor, plan);
    const isPassing = users.length <= 1 && users.every((user) => user === steps[made + 1]);
    return isPassing ? 'x' : `${this.#module.nameOf(layer)}_out`;
  }
}

/** Layers that do the same to each feature, in any order. */
const alike = new Set([
  ...['Activation', 'ReLU', 'LeakyReLU', 'ELU', 'ThresholdedReLU', 'BatchNormalization'],
  ...['Dropout', 'AlphaDropout', 'GaussianNoise', 'GaussianDropout'],
]);

function usesOf(tensor: SymbolicTensor, { steps }: NetworkPlan): Step[] {
  return steps.filter(({ inputs }) => inputs.includes(tensor));
}

function inCommonOrder(value: PythonValue): PythonValue {
  return value.flatOf ? { text: asHere(value), shape: value.shape } : value;
}
