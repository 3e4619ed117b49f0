/** Steps of the optimizers, in place, with the semantics of torch.optim. */
import { BLOCK_VALUES, multiplyAdd } from './simd';

/** The numbers of a step; `kind` says which of them count. See contracts/training-kernels.ts; rest1 and rest2 are 1 - beta1 and 1 - beta2. */
@unmanaged
export class StepRule {
  kind: i32;
  learningRate: f32;
  momentum: f32;
  gradientWeight: f32;
  nesterov: i32;
  weightDecay: f32;
  beta1: f32;
  rest1: f32;
  beta2: f32;
  rest2: f32;
  epsilon: f32;
  l2: f32;
  keep: f32;
  stepSize: f32;
  inverseRootCorrection2: f32;
}

/** The kinds of rules: gradient descent, the same with a velocity, and Adam or AdamW. */
export const SGD: i32 = 0;
export const MOMENTUM: i32 = 1;
export const ADAM: i32 = 2;

/** Says whether a step is variable -= learningRate * gradient and nothing else. */
export function isPlainDescent(rule: StepRule): bool {
  return rule.kind === SGD && rule.weightDecay === 0;
}

/** state0: velocity, or Adam's m; state1: Adam's v. */
@unmanaged
export class StepJob extends StepRule {
  variable: usize;
  gradient: usize;
  state0: usize;
  state1: usize;
  count: i32;
}

/** Makes a step. Units: blocks of BLOCK_VALUES. */
export function optimizerStep(begin: i32, end: i32, job: StepJob, _scratch: usize): void {
  const at: usize = (begin * BLOCK_VALUES) << 2;
  const count = min(end * BLOCK_VALUES, job.count) - begin * BLOCK_VALUES;
  stepValues(job, job.variable + at, job.gradient + at, job.state0 + at, job.state1 + at, count);
}

/** Makes one step of `count` values that follow each other. */
export function stepValues(rule: StepRule, w: usize, g: usize, state0: usize, state1: usize, count: i32): void {
  if (rule.kind === SGD) sgd(rule, w, g, count);
  else if (rule.kind === MOMENTUM) momentum(rule, w, g, state0, count);
  else adam(rule, w, g, state0, state1, count);
}

function sgd(rule: StepRule, w: usize, g: usize, count: i32): void {
  // w - lr * (g + decay * w) = w * (1 - lr * decay) - lr * g
  const keep: f32 = 1 - rule.learningRate * rule.weightDecay;
  const rate: f32 = -rule.learningRate;
  const vectors: usize = (count >> 2) << 4;
  const limit: usize = count << 2;
  let i: usize = 0;
  if (rule.weightDecay === 0) {
    for (; i < vectors; i += 16) v128.store(w + i, multiplyAdd(v128.load(g + i), f32x4.splat(rate), v128.load(w + i)));
  } else {
    for (; i < vectors; i += 16)
      v128.store(
        w + i,
        multiplyAdd(v128.load(g + i), f32x4.splat(rate), f32x4.mul(v128.load(w + i), f32x4.splat(keep))),
      );
  }
  for (; i < limit; i += 4) store<f32>(w + i, load<f32>(w + i) * keep + rate * load<f32>(g + i));
}

function momentum(rule: StepRule, w: usize, g: usize, velocity: usize, count: i32): void {
  const vectors: usize = (count >> 2) << 4;
  const limit: usize = count << 2;
  let i: usize = 0;
  const decay = f32x4.splat(rule.weightDecay);
  const keep = f32x4.splat(rule.momentum);
  const weight = f32x4.splat(rule.gradientWeight);
  const rate = f32x4.splat(-rule.learningRate);
  const nesterov = rule.nesterov !== 0;
  for (; i < vectors; i += 16) {
    const old = v128.load(w + i);
    const direction = multiplyAdd(old, decay, v128.load(g + i));
    const moved = f32x4.add(f32x4.mul(v128.load(velocity + i), keep), f32x4.mul(direction, weight));
    v128.store(velocity + i, moved);
    v128.store(w + i, multiplyAdd(nesterov ? multiplyAdd(moved, keep, direction) : moved, rate, old));
  }
  for (; i < limit; i += 4) {
    const direction = load<f32>(g + i) + rule.weightDecay * load<f32>(w + i);
    const moved = rule.momentum * load<f32>(velocity + i) + rule.gradientWeight * direction;
    store<f32>(velocity + i, moved);
    store<f32>(w + i, load<f32>(w + i) - rule.learningRate * (nesterov ? direction + rule.momentum * moved : moved));
  }
}

function adam(rule: StepRule, w: usize, g: usize, m: usize, v: usize, count: i32): void {
  const vectors: usize = (count >> 2) << 4;
  const limit: usize = count << 2;
  let i: usize = 0;
  const l2 = f32x4.splat(rule.l2);
  const keep = f32x4.splat(rule.keep);
  const size = f32x4.splat(-rule.stepSize);
  const beta1 = f32x4.splat(rule.beta1);
  const rest1 = f32x4.splat(rule.rest1);
  const beta2 = f32x4.splat(rule.beta2);
  const rest2 = f32x4.splat(rule.rest2);
  const correction = f32x4.splat(rule.inverseRootCorrection2);
  const epsilon = f32x4.splat(rule.epsilon);
  for (; i < vectors; i += 16) {
    const old = v128.load(w + i);
    const direction = multiplyAdd(old, l2, v128.load(g + i));
    const first = multiplyAdd(direction, rest1, f32x4.mul(v128.load(m + i), beta1));
    const second = multiplyAdd(f32x4.mul(direction, direction), rest2, f32x4.mul(v128.load(v + i), beta2));
    v128.store(m + i, first);
    v128.store(v + i, second);
    const denominator = multiplyAdd(f32x4.sqrt(second), correction, epsilon);
    v128.store(w + i, multiplyAdd(f32x4.div(first, denominator), size, f32x4.mul(old, keep)));
  }
  for (; i < limit; i += 4) {
    const old = load<f32>(w + i);
    const direction = load<f32>(g + i) + rule.l2 * old;
    const first = rule.beta1 * load<f32>(m + i) + rule.rest1 * direction;
    const second = rule.beta2 * load<f32>(v + i) + rule.rest2 * direction * direction;
    store<f32>(m + i, first);
    store<f32>(v + i, second);
    store<f32>(
      w + i,
      old * rule.keep - rule.stepSize * (first / (Mathf.sqrt(second) * rule.inverseRootCorrection2 + rule.epsilon)),
    );
  }
}
