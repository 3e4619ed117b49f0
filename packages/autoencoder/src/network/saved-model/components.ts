import { layers } from '@tensorflow/tfjs-layers';

/** The fields of a dense layer for which TensorFlow.js looks up the components that other layers have under more names. */
const fields = {
  activation: 'relu',
  kernelInitializer: 'zeros',
  kernelRegularizer: 'l1l2',
  kernelConstraint: 'nonNeg',
} as const;

export type ComponentField = keyof typeof fields;

type Constructor = abstract new (...args: never[]) => object;

/** Tells whether text or `{ className, config }` names a known activation, initializer, regularizer or constraint. */
export function isComponent(field: ComponentField, value: unknown): boolean {
  try {
    const made = makeComponent(field, structuredClone(value));
    const strangers: Constructor[] = [layers.Layer, ...basesExcept(field)];
    return typeof (made as { apply?: unknown }).apply === 'function' && !strangers.some((kind) => made instanceof kind);
  } catch {
    return false;
  }
}

function makeComponent(field: ComponentField, value: unknown): object {
  const args = { units: 1, [field]: value } as Parameters<typeof layers.dense>[0];
  return (layers.dense(args) as unknown as Record<ComponentField, object>)[field];
}

/** The base classes of the other three kinds: TensorFlow.js looks up all classes in one table, including layers. */
function basesExcept(field: ComponentField): Constructor[] {
  const others = (Object.keys(fields) as ComponentField[]).filter((other) => other !== field);
  return others.map((other) => {
    const own = Object.getPrototypeOf(makeComponent(other, fields[other]));
    return Object.getPrototypeOf(own).constructor;
  });
}
