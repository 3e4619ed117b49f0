import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Autoencoder } from '../../autoencoder/autoencoder';
import type { LayerConfig } from '../layer-config';
import { type CutNetwork, cutNetwork, type NetworkPlan, type Step, shapeOf, wholeBlocks } from '../network-plan';
import { readWeights } from '../weights';
import { extendAnySize } from './blocks';
import { convertLayer } from './layer-table';
import { OnnxGraph } from './onnx-graph';
import type { ResolvedOnnxOptions } from './options';
import { enterNetwork, leaveNetwork } from './pixels';
import type { OnnxModel, OnnxValue } from './protobuf';
import { channelsFirst, channelsLast, cutLike } from './shapes';

/** Builds the graph of a part of a network, with its weights. */
export async function buildOnnxModel(autoencoder: Autoencoder, options: ResolvedOnnxOptions): Promise<OnnxModel> {
  return new ModelBuilder(autoencoder, options).build();
}

class ModelBuilder {
  readonly #graph = new OnnxGraph();
  readonly #autoencoder: Autoencoder;
  readonly #options: ResolvedOnnxOptions;
  readonly #cut: CutNetwork;
  readonly #plan: NetworkPlan;
  /** Height and width of a block, if images may have any size. */
  readonly #block: readonly [number, number] | undefined;
  /** The name of each tensor in the graph. */
  readonly #names = new Map<SymbolicTensor, string>();

  constructor(autoencoder: Autoencoder, options: ResolvedOnnxOptions) {
    this.#autoencoder = autoencoder;
    this.#options = options;
    this.#cut = cutNetwork(autoencoder.model);
    this.#plan = this.#cut[options.part];
    this.#block = wholeBlocks(autoencoder, this.#cut);
  }

  async build(): Promise<OnnxModel> {
    const { part, opset, unpooling } = this.#options;
    const inputs = part === 'decoder' ? this.#takeCodes() : this.#takeImages();
    for (const step of this.#plan.steps) await this.#convert(step);
    const outputs = part === 'encoder' ? this.#giveCodes() : this.#giveImages();
    const { scale, channelOrder } = this.#autoencoder.pixels;
    const metadata = {
      'ae.part': part,
      'ae.unpooling': unpooling,
      'ae.scale': String(scale),
      'ae.channelOrder': channelOrder,
    };
    const { nodes, tensors } = this.#graph;
    return { name: part, opset, nodes, tensors, inputs, outputs, metadata };
  }

  async #convert({ layer, inputs, outputs }: Step): Promise<void> {
    const results = convertLayer(
      {
        graph: this.#graph,
        layer,
        config: layer.getConfig() as unknown as LayerConfig,
        weights: await readWeights(layer),
        inputs: inputs.map((input) => this.#nameOf(input)),
        sources: inputs,
        inputShape: shapeOf(inputs[0]),
        outputShape: shapeOf(outputs[0]),
        anySize: this.#block !== undefined,
        unpooling: this.#options.unpooling,
        needsMask: outputs.length > 1 && this.#isNeeded(outputs[1]),
      },
      outputs,
    );
    for (const [i, name] of results.entries()) this.#names.set(outputs[i], name);
  }

  #nameOf(tensor: SymbolicTensor): string {
    return this.#names.get(tensor) as string;
  }

  #isNeeded(tensor: SymbolicTensor): boolean {
    const { steps, outputs } = this.#plan;
    return outputs.includes(tensor) || steps.some(({ inputs }) => inputs.includes(tensor));
  }

  #takeImages(): OnnxValue[] {
    const images = enterNetwork(this.#graph, 'images', this.#autoencoder.pixels, this.#outer);
    const whole = this.#block ? extendAnySize(this.#graph, images, this.#block) : images;
    this.#names.set(this.#plan.inputs[0], whole);
    return [this.#imageValue('images')];
  }

  #giveImages(): OnnxValue[] {
    const made = leaveNetwork(this.#graph, this.#nameOf(this.#plan.outputs[0]), this.#autoencoder.pixels, this.#outer);
    const isCut = this.#block && this.#options.part === 'network';
    this.#graph.rename(isCut ? cutLike(this.#graph, made, 'images') : made, 'reconstructions');
    return [this.#imageValue('reconstructions')];
  }

  /** Codes as they are here, and masks in the order of the graph. */
  #takeCodes(): OnnxValue[] {
    const { code, masks } = this.#cut;
    this.#graph.scope = 'code';
    const shape = this.#block ? [0, 0, 0] : shapeOf(code);
    this.#names.set(code, channelsFirst(this.#graph, this.#block ? 'code' : this.#unflattened('code', shape), shape));
    for (const mask of masks) this.#names.set(mask, maskName(mask));
    return [this.#codeValue(), ...masks.map((mask) => this.#maskValue(mask))];
  }

  #giveCodes(): OnnxValue[] {
    const { code, masks } = this.#cut;
    this.#graph.scope = 'code';
    const shape = this.#block ? [0, 0, 0] : shapeOf(code);
    const last = channelsLast(this.#graph, this.#nameOf(code), shape);
    const flat = this.#block || shape.length === 1;
    this.#graph.rename(flat ? last : this.#graph.add('Reshape', [last, this.#graph.list([0, -1])]), 'code');
    for (const mask of masks) this.#graph.rename(this.#nameOf(mask), maskName(mask));
    return [this.#codeValue(), ...masks.map((mask) => this.#maskValue(mask))];
  }

  #unflattened(value: string, shape: readonly number[]): string {
    return shape.length === 1 ? value : this.#graph.add('Reshape', [value, this.#graph.list([0, ...shape])]);
  }

  get #outer() {
    const { channelOrder, pixelType } = this.#options;
    return { channels: this.#autoencoder.inputShape[2], channelOrder, pixelType };
  }

  #imageValue(name: string): OnnxValue {
    const { channelOrder, pixelType } = this.#options;
    const [height, width, channels] = this.#autoencoder.inputShape;
    const size = this.#block ? ['height', 'width'] : [height, width];
    const order = channels >= 3 ? `, ${channelOrder}` : '';
    return { name, type: pixelType, shape: ['N', channels, ...size], help: `images, 0 to 255${order}` };
  }

  #codeValue(): OnnxValue {
    const numbers = this.#autoencoder.codeSize;
    if (!this.#block) return { name: 'code', type: 'float32', shape: ['N', numbers], help: 'codes' };
    const [, , each] = this.#autoencoder.sizes.codeShape;
    return {
      name: 'code',
      type: 'float32',
      shape: ['N', 'rows', 'columns', each],
      help: 'codes, numbers of each block last',
    };
  }

  #maskValue(mask: SymbolicTensor): OnnxValue {
    const [height, width, channels] = shapeOf(mask);
    const isIndex = this.#options.unpooling === 'operator';
    const help = isIndex
      ? 'indices of the maxima in the whole input, as in MaxPool'
      : 'positions of the maxima in their windows, row by row';
    return { name: maskName(mask), type: isIndex ? 'int64' : 'int32', shape: ['N', channels, height, width], help };
  }
}

function maskName({ sourceLayer }: SymbolicTensor): string {
  return `${sourceLayer.name}_mask`;
}
