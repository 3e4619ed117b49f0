/** Maximum number of characters that an error uses for a value. */
const longest = 80;

/** Formats a value of any type for an error: text in quotation marks, so that "8" is not mistaken for 8; large values are abbreviated. */
export function inWords(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'string') return JSON.stringify(shorten(value));
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value) && value.length < longest && value.every((part) => typeof part === 'number')) {
    // JSON has no NaN.
    return shortOr(`[${value}]`, () => inShort(value));
  }
  return (isPlain(value) ? shortJson(value) : undefined) ?? inShort(value);
}

function shorten(text: string): string {
  return text.length > longest ? `${text.slice(0, longest - 3)}...` : text;
}

function shortOr(text: string, other: () => string): string {
  return text.length > longest ? other() : text;
}

function isPlain(value: object): boolean {
  return Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value));
}

/** Returns JSON, unless it is long or impossible, as for circular values. Stops early, because images have millions of values. */
function shortJson(value: object): string | undefined {
  let parts = 0;
  const count = (_key: string, part: unknown) => {
    if (++parts > longest || ArrayBuffer.isView(part)) throw new RangeError('long');
    return part;
  };
  try {
    const json = JSON.stringify(value, count);
    return json.length > longest ? undefined : json;
  } catch {
    return undefined;
  }
}

/** "a list of 12", "Uint8Array of 768", "an object of channels, height, width, data", "an object Sharp" */
function inShort(value: object): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  const kind = value.constructor?.name ?? 'Object';
  if (ArrayBuffer.isView(value)) return `${kind} of ${'length' in value ? value.length : value.byteLength}`;
  return isPlain(value) ? `an object of ${shorten(Object.keys(value).join(', '))}` : `an object ${kind}`;
}
