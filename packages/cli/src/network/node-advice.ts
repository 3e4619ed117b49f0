/** The first Node.js whose V8 uses 256-bit registers for WebAssembly's 128-bit vectors. */
const fastMajor = 24;

/**
 * Says what a newer Node.js would bring if training is slower than it could be: on x64, the wasm engine takes 1.5 times as long on Node.js
 * 20 and 22 as on 24.
 */
export function nodeAdvice(
  { name }: { readonly name: string },
  { node }: { readonly node: string } = process.versions,
  architecture: string = process.arch,
): string | undefined {
  const major = Number.parseInt(node, 10);
  if (name !== 'wasm' || architecture !== 'x64' || major >= fastMajor) return undefined;
  return `Node.js ${fastMajor} or newer would train about 1.5 times as fast as Node.js ${major}.`;
}
