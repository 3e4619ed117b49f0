import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { readGolden, toTensor } from '../golden/read';
import { buildMirror } from '../networks';
import { saveInMemory } from '../saved-model';
import { expectTensor, expectValues } from './expect-tensor';

/** A whole network against PyTorch, its halves, and what it leaves behind. */
export function describeNetwork(): void {
  const golden = readGolden('network');

  /** The network of network.json with its weights. */
  const build = () => {
    const network = buildMirror(16, [4, 6], 10);
    const model = network.build();
    tf.tidy(() => model.setWeights(golden.weights.map((weight) => toTensor(weight))));
    return { network, model };
  };
  const lossOf = (model: LayersModel, x: tf.Tensor) =>
    tf.tidy(() => tf.losses.meanSquaredError(x, model.apply(x) as tf.Tensor) as tf.Scalar);

  describe('a mirror network', () => {
    it('PyTorch: output, loss and every gradient', async () => {
      const { model } = build();
      const x = toTensor(golden.x);
      await expectTensor(model.predict(x) as tf.Tensor, golden.y, { tolerance: 1e-5, name: 'output' });
      const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
      const { value, grads } = tf.variableGrads(() => lossOf(model, x), variables);
      expectValues(await value.data(), [golden.loss], { tolerance: 1e-5, name: 'loss' });
      expect(variables).toHaveLength(golden.grads.length);
      for (const [index, variable] of variables.entries()) {
        const name = `gradient of ${variable.name}`;
        await expectTensor(grads[variable.name], golden.grads[index], { tolerance: 1e-5, name });
      }
      model.dispose();
    });

    it('PyTorch: code and masks of the encoder, and the decoder with them', async () => {
      const { network, model } = build();
      const { encoder, decoder } = network.split();
      const [code, ...masks] = encoder.predict(toTensor(golden.x)) as tf.Tensor[];
      await expectTensor(code, golden.code, { tolerance: 1e-5, name: 'code' });
      expect(masks).toHaveLength(2);
      for (const [index, mask] of masks.entries()) {
        await expectTensor(mask, golden.masks[index], { name: `mask ${index}`, dtype: 'int32' });
      }
      const y = decoder.predict([toTensor(golden.code), ...golden.masks.map((mask) => toTensor(mask, 'int32'))]);
      await expectTensor(y as tf.Tensor, golden.y, { tolerance: 1e-5, name: 'output' });
      for (const part of [model, encoder, decoder]) part.dispose();
    });

    it('leaks no tensor in forward or backward passes', async () => {
      const { model } = build();
      const x = toTensor(golden.x);
      const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
      const step = () => {
        (model.predict(x) as tf.Tensor).dispose();
        const { value, grads } = tf.variableGrads(() => lossOf(model, x), variables);
        tf.dispose([value, grads]);
      };
      step();
      const { numTensors, numDataBuffers } = tf.memory();
      for (let i = 0; i < 3; i++) step();
      expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
      model.dispose();
    });

    it('is saved and loaded on the same backend', async () => {
      const { model } = build();
      const loaded = await loadLayersModel(tf.io.fromMemory(await saveInMemory(model)));
      await expectTensor(loaded.predict(toTensor(golden.x)) as tf.Tensor, golden.y, { tolerance: 1e-5 });
      for (const part of [model, loaded]) part.dispose();
    });
  });
}
