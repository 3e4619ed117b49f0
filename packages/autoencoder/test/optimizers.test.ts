import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { useBackend } from '../src/entries/index';
import type { OptimizerOptions } from '../src/entries/options';
import { Optimizer } from '../src/training/optimizers';
import { startTestEngine, testEngine } from './engine';
import golden from './golden/optimizers.json';

/** Calls `work` with the golden file's gradients, which are disposed of afterwards. */
function withGradients(work: (gradients: tf.Tensor2D[]) => void): void {
  const gradients = golden.gradients.map((values) => tf.tensor2d(values, [2, 3]));
  work(gradients);
  tf.dispose(gradients);
}

describe.each([testEngine, 'cpu'] as const)('optimizers step as torch.optim does, on %s', (backend) => {
  it.each(golden.cases)('$options', async ({ options, trajectory }) => {
    await (backend === testEngine ? startTestEngine() : useBackend(backend));
    const variable = tf.variable(tf.tensor2d(golden.start, [2, 3]));
    const optimizer = new Optimizer(options as OptimizerOptions, { w: variable });
    withGradients((gradients) => {
      for (const [i, gradient] of gradients.entries()) {
        optimizer.step({ w: gradient });
        const values = Array.from(variable.dataSync());
        // float32 has a relative precision of 6e-8; the sums of a step may lose a few times that in another order than PyTorch's.
        for (const [k, expected] of trajectory[i].entries()) {
          expect(Math.abs(values[k] - expected)).toBeLessThan(1e-6 * Math.max(1, Math.abs(expected)));
        }
      }
    });
    optimizer.dispose();
    variable.dispose();
  });
});

describe('optimizers', () => {
  it('continue from saved state with the same steps', async () => {
    await useBackend('wasm');
    for (const { options } of golden.cases) {
      const run = (steps: number, restored?: ReturnType<typeof save>) => {
        const variable = tf.variable(tf.tensor2d(golden.start, [2, 3]));
        const optimizer = new Optimizer(options as OptimizerOptions, { w: variable });
        if (restored) restore(variable, optimizer, restored);
        withGradients((gradients) => {
          for (const gradient of gradients.slice(optimizer.steps, steps)) optimizer.step({ w: gradient });
        });
        const saved = save(variable, optimizer);
        optimizer.dispose();
        variable.dispose();
        return saved;
      };
      expect(run(8, run(3))).toEqual(run(8));
    }
  });

  it('scale the learning rate of dense layers, including biases, and of no others', async () => {
    await useBackend('wasm');
    const step = (denseFactor: number) => {
      const shapes = { 'conv/kernel': [1, 1, 2, 3], 'conv/bias': [3], 'code/kernel': [2, 3], 'code/bias': [3] };
      const names = Object.keys(shapes) as (keyof typeof shapes)[];
      const of = (value: number) => names.map((name) => [name, tf.fill(shapes[name], value)] as const);
      const variables = Object.fromEntries(of(1).map(([name, ones]) => [name, tf.variable(ones)]));
      new Optimizer({ name: 'sgd', learningRate: 0.5, denseFactor }, variables).step(Object.fromEntries(of(1)));
      return names.map((name) => variables[name].dataSync()[0]);
    };
    expect(step(1)).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect(step(0.25)).toEqual([0.5, 0.5, 0.875, 0.875]);
  });

  it('free their state', async () => {
    await useBackend('wasm');
    const variable = tf.variable(tf.zeros([2, 3]));
    const { numTensors } = tf.memory();
    for (const { options } of golden.cases) {
      const optimizer = new Optimizer(options as OptimizerOptions, { w: variable });
      withGradients(([gradient]) => optimizer.step({ w: gradient }));
      optimizer.dispose();
    }
    expect(tf.memory().numTensors).toBe(numTensors);
    variable.dispose();
  });

  it.each<[OptimizerOptions, string]>([
    [{ name: 'adan' as 'adam' }, 'adam, adamw, sgd, rmsprop, adagrad'],
    [{ name: 'adam', momentum: 0.9 } as OptimizerOptions, '"momentum"'],
    [{ name: 'sgd', momentum: 1.5 }, 'optimizer.momentum: expected a number from 0 to 1, received 1.5'],
    [{ name: 'sgd', nesterov: true }, 'momentum above 0'],
    [{ name: 'sgd', momentum: 0.9, dampening: 0.1, nesterov: true }, 'no dampening'],
    [{ name: 'rmsprop', centered: 1 as unknown as boolean }, 'centered: expected true or false, received 1'],
  ])('refuse %o', (options, message) => {
    expect(() => new Optimizer(options, {})).toThrow(message);
  });
});

function save(variable: tf.Variable, optimizer: Optimizer) {
  const read = (v: tf.Variable) => Array.from(v.dataSync());
  const state = Object.entries(optimizer.state).map(([name, slot]) => [name, read(slot)] as const);
  return { steps: optimizer.steps, variable: read(variable), state: Object.fromEntries(state) };
}

function restore(variable: tf.Variable, optimizer: Optimizer, saved: ReturnType<typeof save>): void {
  optimizer.steps = saved.steps;
  tf.tidy(() => variable.assign(tf.tensor2d(saved.variable, [2, 3])));
  for (const [name, slot] of Object.entries(optimizer.state))
    tf.tidy(() => slot.assign(tf.tensor(saved.state[name], slot.shape)));
}
