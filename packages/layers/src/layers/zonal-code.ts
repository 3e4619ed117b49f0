import { inWords } from '@ae/ground/in-words';
import {
  range,
  reshape,
  serialization,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
  tile,
} from '@tensorflow/tfjs-core';
import { initializers, layers, type Shape } from '@tensorflow/tfjs-layers';
import { formatShape, InvalidOptionError, ShapeError } from '../errors';
import { checkOptions } from '../ops/checks';
import { decodeZones, encodeZones } from '../ops/zones';
import { markAutoNamed } from './auto-name';
import type { LayerArgs } from './max-pooling-2d';

type WeightVariable = ReturnType<layers.Layer['addWeight']>;

/** Maximum number of zones: their index fits in 8 bits. */
const mostZones = 256;

/** What both layers share: weights that are not trained. */
abstract class ZoneLayer extends layers.Layer {
  /** Number of zones, from 1 to 256. */
  readonly zones: number;

  #positions!: WeightVariable;
  #means!: WeightVariable;

  /** @throws InvalidOptionError */
  constructor(args: LayerArgs & { zones: number }) {
    checkOptions('zonal code', args, 'zones: 16');
    super(args);
    this.zones = args.zones;
    this.checkCount('zones', this.zones, mostZones);
  }

  /** Prefix of messages. */
  protected get where(): string {
    return `layer "${this.name}"`;
  }

  protected checkCount(name: string, count: unknown, most = Number.POSITIVE_INFINITY, least = 1): void {
    if (Number.isInteger(count) && (count as number) >= least && (count as number) <= most) return;
    throw new InvalidOptionError({
      where: this.where,
      expected: `${name} as an integer ${most < Number.POSITIVE_INFINITY ? `from ${least} to ${most}` : `of at least ${least}`}`,
      received: inWords(count),
    });
  }

  /** Adds the positions of the values that zones keep, initially the first ones, and the means of all values. */
  protected addFixedWeights(numbers: number, values: number): void {
    const add = (name: string, shape: number[]) =>
      this.addWeight(name, shape, 'float32', initializers.zeros(), undefined, false);
    this.#positions = add('positions', [this.zones, numbers - 1]);
    tidy(() => {
      this.#positions.write(tile(reshape(range(0, numbers - 1), [1, -1]), [this.zones, 1]));
    });
    this.#means = add('means', [values]);
  }

  /** Reads both. */
  protected readFixedWeights(): { positions: Tensor2D; means: Tensor1D } {
    return { positions: this.#positions.read() as Tensor2D, means: this.#means.read() as Tensor1D };
  }

  protected valuesOf(shape: Shape | Shape[]): number {
    const values = (shape as Shape).at(-1);
    if (typeof values === 'number') return values;
    throw new ShapeError({
      where: this.where,
      expected: 'an input whose last axis has a known size',
      received: formatShape((shape as Shape).slice(1)),
    });
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), zones: this.zones };
  }
}

/** Options of {@link zonalCode}. */
export interface ZonalCodeArgs extends LayerArgs {
  /** Number of zones, from 1 to 256. */
  zones: number;
  /** Number of values in the code, at least 2: the index of the zone, and what the zone keeps. */
  numbers: number;
}

/**
 * A code that keeps different values for different inputs: `[..., C]` -> `[..., numbers]`. It has several zones, sets of `numbers` - 1 of the
 * C values, and uses the one that keeps most of the squares. The first number is the zone's index divided by the number of zones; the
 * others are the zone's values.
 *
 * In image coding this is called adaptive zonal coding (Chen and Smith, 1977): an image of vertical lines needs other coefficients of a
 * cosine transform than one of horizontal lines, and gray images need none for color. {@link inverseZonalCode} decodes.
 *
 * Its weights, which are not trained, are `positions` `[zones, numbers - 1]`, initially those of the first values, and `means` `[C]`: what is
 * subtracted from values, initially 0. The gradient treats the zone as a constant. Registered as `ZonalCode`.
 */
export class ZonalCode extends ZoneLayer {
  static readonly className = 'ZonalCode';

  /** Number of values in the code. */
  readonly numbers: number;

  /** @throws InvalidOptionError */
  constructor(args: ZonalCodeArgs) {
    super(args);
    this.numbers = args.numbers;
    this.checkCount('numbers', this.numbers, undefined, 2);
  }

  override build(inputShape: Shape | Shape[]): void {
    this.addFixedWeights(this.numbers, this.valuesOf(inputShape));
    super.build(inputShape);
  }

  /** `[..., C]` -> `[..., numbers]`. Throws ShapeError. */
  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    this.valuesOf(inputShape);
    return [...(inputShape as Shape).slice(0, -1), this.numbers];
  }

  /** float32 `[..., C]` -> `[..., numbers]`. */
  override call(inputs: Tensor | Tensor[]): Tensor {
    return mapRows(inputs, (rows) => encodeZones(rows, this.readFixedWeights()));
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), numbers: this.numbers };
  }
}

/** Options of {@link inverseZonalCode}. */
export interface InverseZonalCodeArgs extends LayerArgs {
  /** Number of zones, from 1 to 256. */
  zones: number;
  /** Number of values that were encoded. */
  values: number;
}

/**
 * Decodes a {@link ZonalCode}: `[..., numbers]` -> `[..., values]`. Values that the zone left out become their means. Its weights are those of
 * that layer. Registered as `InverseZonalCode`.
 */
export class InverseZonalCode extends ZoneLayer {
  static readonly className = 'InverseZonalCode';

  /** Number of values that were encoded. */
  readonly values: number;

  /** @throws InvalidOptionError */
  constructor(args: InverseZonalCodeArgs) {
    super(args);
    this.values = args.values;
    this.checkCount('values', this.values);
  }

  override build(inputShape: Shape | Shape[]): void {
    this.addFixedWeights(this.#numbersOf(inputShape), this.values);
    super.build(inputShape);
  }

  /** `[..., numbers]` -> `[..., values]`. Throws ShapeError. */
  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    this.#numbersOf(inputShape);
    return [...(inputShape as Shape).slice(0, -1), this.values];
  }

  /** float32 `[..., numbers]` -> `[..., values]`. */
  override call(inputs: Tensor | Tensor[]): Tensor {
    return mapRows(inputs, (rows) => decodeZones(rows, this.readFixedWeights()));
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), values: this.values };
  }

  #numbersOf(inputShape: Shape | Shape[]): number {
    const numbers = this.valuesOf(inputShape);
    if (numbers >= 2) return numbers;
    throw new ShapeError({ where: this.where, expected: 'codes of at least 2 numbers', received: `${numbers}` });
  }
}

/** Maps the last axis of a tensor. */
function mapRows(inputs: Tensor | Tensor[], f: (rows: Tensor2D) => Tensor2D): Tensor {
  return tidy(() => {
    const [x] = [inputs].flat() as [Tensor];
    const mapped = f(reshape(x, [-1, x.shape.at(-1) as number]));
    return reshape(mapped, [...x.shape.slice(0, -1), mapped.shape[1]]);
  });
}

serialization.registerClass(ZonalCode);
serialization.registerClass(InverseZonalCode);

/** Creates a layer whose code keeps different values for different inputs; see {@link ZonalCode}. @throws InvalidOptionError */
export function zonalCode(args: ZonalCodeArgs): ZonalCode {
  return markAutoNamed(new ZonalCode(args), 'zonal_code', args);
}

/** Creates a layer that decodes such codes; see {@link InverseZonalCode}. @throws InvalidOptionError */
export function inverseZonalCode(args: InverseZonalCodeArgs): InverseZonalCode {
  return markAutoNamed(new InverseZonalCode(args), 'inverse_zonal_code', args);
}
