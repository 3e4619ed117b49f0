import { layers } from '@tensorflow/tfjs-layers';

/** The fields of a dense layer by which TensorFlow.js looks up what the others have under more names. */
const fields = {
  activation: 'relu',
  kernelInitializer: 'zeros',
  kernelRegularizer: 'l1l2',
  kernelConstraint: 'nonNeg',
} as const;

export type ComponentField = keyof typeof fields;

type Constructor = abstract new (...args: never[]) => object;

/** Says whether text or `{ className, config }` names an activation, initializer, regularizer or constraint that is known. */
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

/** What the others of the four kinds extend: TensorFlow.js finds all classes in one table, layers too. */
function basesExcept(field: ComponentField): Constructor[] {
  const others = (Object.keys(fields) as ComponentField[]).filter((other) => other !== field);
  return others.map((other) => {
    const own = Object.getPrototypeOf(makeComponent(other, fields[other]));
    return Object.getPrototypeOf(own).constructor;
  });
}
