import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { decodeZones, encodeZones } from '../../src/ops/zones';
import golden from '../golden/fixtures/zonal-code.json';
import { expectTensor, expectValues } from './expect-tensor';
import { numericalGradient } from './gradients';

type Op = (x: tf.Tensor2D) => tf.Tensor2D;

/** Zonal codes against NumPy and finite differences. */
export function describeZonalCodes(): void {
  describe('zonal codes', () => {
    const zones = () => ({ positions: tf.tensor2d(golden.positions), means: tf.tensor1d(golden.means) });
    const encode: Op = (x) => encodeZones(x, zones());
    const decode: Op = (x) => decodeZones(x, zones());
    const asGolden = (rows: readonly number[][]) => ({ shape: [rows.length, rows[0].length], values: rows.flat() });
    const gradientOf = (op: Op, x: tf.Tensor2D, dy: tf.Tensor2D) => tf.grad((x) => op(x as tf.Tensor2D))(x, dy);

    it('NumPy: the first of the zones that keep most, and its values', async () => {
      await expectTensor(encode(tf.tensor2d(golden.rows)), asGolden(golden.codes));
    });

    it('NumPy: what was kept and the means, with indices rounded to even ones and limited to those that there are', async () => {
      await expectTensor(decode(tf.tensor2d(golden.noisy)), asGolden(golden.decoded));
    });

    it('NumPy: gradients, with the zone as a constant', async () => {
      const dx = gradientOf(encode, tf.tensor2d(golden.rows), tf.tensor2d(golden.codeGradient));
      await expectTensor(dx, asGolden(golden.gradientOfRows), { name: 'gradient of the rows' });
      const dcode = gradientOf(decode, tf.tensor2d(golden.noisy), tf.tensor2d(golden.rowGradient));
      await expectTensor(dcode, asGolden(golden.gradientOfNoisy), { name: 'gradient of the codes' });
    });

    it.each<[string, Op, number[][], number[][]]>([
      // Without the rows of which two zones keep as much.
      ['encoding', encode, golden.rows.slice(2), golden.codeGradient.slice(2)],
      ['decoding', decode, golden.codes, golden.rowGradient],
    ])('finite differences: the gradient of %s', async (_, op, x, dy) => {
      const loss = (x: tf.Tensor) => tf.sum(tf.mul(op(x as tf.Tensor2D), tf.tensor2d(dy)));
      const shape = [x.length, x[0].length];
      const expected = await numericalGradient(loss, Float32Array.from(x.flat()), shape);
      const gradient = gradientOf(op, tf.tensor2d(x), tf.tensor2d(dy));
      expectValues(await gradient.data(), expected, { tolerance: 1e-3 });
    });

    it('handles an empty batch', async () => {
      const size = golden.positions[0].length + 1;
      const none = (width: number) => tf.zeros<tf.Rank.R2>([0, width]);
      const values = golden.means.length;
      await expectTensor(encode(none(values)), { shape: [0, size], values: [] });
      await expectTensor(decode(none(size)), { shape: [0, values], values: [] });
      await expectTensor(gradientOf(encode, none(values), none(size)), { shape: [0, values], values: [] });
      await expectTensor(gradientOf(decode, none(size), none(values)), { shape: [0, size], values: [] });
    });

    it('gives a row of NaN a code of NaN, and a code of NaN a row, without harm to others', async () => {
      const [, , first, second] = golden.rows;
      const code = await encode(tf.tensor2d([first, second.map(() => Number.NaN)])).array();
      expect(code[0]).toEqual(golden.codes[2]);
      expect(code[1].slice(1).some(Number.isNaN)).toBe(true);
      const rows = await decode(tf.tensor2d([golden.codes[2].map(() => Number.NaN), golden.noisy[3]])).array();
      expect(rows[0].some(Number.isNaN)).toBe(true);
      expect(rows[1]).toEqual(golden.decoded[3]);
    });

    it('leave no tensor but their results, forward and backward', () => {
      const [x, code] = [tf.tensor2d(golden.rows), tf.tensor2d(golden.noisy)];
      const given = zones();
      const run = () => tf.dispose([encodeZones(x, given), decodeZones(code, given)]);
      const runBack = () => {
        const dx = gradientOf((x) => encodeZones(x, given), x, tf.tensor2d(golden.codeGradient));
        const dcode = gradientOf((x) => decodeZones(x, given), code, tf.tensor2d(golden.rowGradient));
        tf.dispose([dx, dcode]);
      };
      const { numTensors } = tf.memory();
      run();
      tf.tidy(runBack);
      expect(tf.memory()).toMatchObject({ numTensors });
    });
  });
}
