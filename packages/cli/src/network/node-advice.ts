/** The first Node.js whose V8 computes with registers of 256 bits where WebAssembly has 128. */
const fastMajor = 24;

/**
 * Says what a newer Node.js would bring, where training is slower than it could be: the wasm engine on x64 takes 1.5 times as long on
 * Node.js 20 and 22 as on 24.
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
