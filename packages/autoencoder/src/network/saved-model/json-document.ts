import type { Place } from './place';

/** The description of ten thousand layers is smaller; parsed JSON takes up to twenty times the size of its text. */
export const maxJsonBytes = 8 * 2 ** 20;

const maxDepth = 64;

/** Parses an untrusted JSON file. Throws MODEL_INVALID if it is not JSON or is nested too deeply for recursive code. */
export function parseJson(bytes: Uint8Array, place: Place): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw place.error('expected JSON, received something else; the file is damaged', cause);
  }
  checkNesting(json, place);
  return place.object(json);
}

function checkNesting(json: unknown, place: Place): void {
  let level = [json];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) throw place.error(`expected values nested at most ${maxDepth} deep, received deeper ones`);
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      if (Object.hasOwn(value, '__proto__')) throw place.error('expected no field named "__proto__", received one');
      for (const child of Object.values(value)) if (typeof child === 'object' && child !== null) next.push(child);
    }
    level = next;
  }
}

/** Lists whose first element is the name of a layer. */
const connections = ['inboundNodes', 'inputLayers', 'outputLayers', 'kerasHistory'];

/**
 * Renames fields to those of TensorFlow.js's classes: `kernel_size` becomes `kernelSize`, and likewise in texts, except for names of layers
 * and classes.
 */
export function camelCased(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return key === 'name' || key === 'className' ? value : camelCase(value);
  if (Array.isArray(value)) {
    const isConnection = connections.includes(key);
    return value.map((item, i) => (isConnection && i === 0 && typeof item === 'string' ? item : camelCased(item, key)));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, child]) => {
      const renamed = camelCase(field);
      return [renamed, camelCased(child, renamed)] as const;
    }),
  );
}

function camelCase(text: string): string {
  return text.length <= 1 || !text.includes('_')
    ? text
    : text.replace(/[_]+(\w|$)/g, (_, letter) => letter.toUpperCase());
}

/** Returns the name of a field as it is in the file. */
export function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
