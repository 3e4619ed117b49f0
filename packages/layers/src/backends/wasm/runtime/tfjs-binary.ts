/**
 * Loads the WebAssembly binary of TensorFlow.js and sets the "shared" bit of its memory, so that worker threads can work on tensors in
 * place.
 *
 * The plain SIMD build runs unchanged on shared memory. The threaded build is useless here: it cannot start on Node.js, and its threads
 * serve only XNNPACK.
 */
import { WasmEngineError } from './errors';

const simdBinary = 'tfjs-backend-wasm-simd.wasm';
const memorySection = 5;
const limitsWithMaximum = 1;
const limitsWithMaximumShared = 3;

/** A tiny module with one SIMD instruction: valid only if the engine supports WebAssembly SIMD. */
const simdProbe = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11,
]);

/** Tells whether this JavaScript engine supports WebAssembly with 128-bit SIMD. */
export function hasWasmSimd(): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(simdProbe);
}

/** Tells whether memory can be shared with worker threads here (in a browser, only on cross-origin isolated pages). */
export function hasSharedMemory(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false;
  const isolated = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated;
  return isolated !== false;
}

/** Tells whether this is Node.js (or a compatible runtime), not a browser. */
export function isNode(): boolean {
  return typeof process === 'object' && typeof process.versions?.node === 'string';
}

/**
 * Reads the SIMD binary of the installed @tensorflow/tfjs-backend-wasm.
 *
 * @param source bytes, or a URL to fetch. Node.js finds the installed package by itself; a browser must be told where the file is.
 * @throws WasmEngineError `WASM_BINARY_UNREADABLE`
 */
export async function readTfjsBinary(source?: string | URL | Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  if (source instanceof Uint8Array) return Uint8Array.from(source);
  try {
    return source === undefined && isNode() ? await readInstalledBinary() : await fetchBinary(source ?? simdBinary);
  } catch (cause) {
    throw new WasmEngineError(
      'WASM_BINARY_UNREADABLE',
      `initWasm: ${simdBinary} ${source === undefined ? 'of @tensorflow/tfjs-backend-wasm' : `at ${source}`} cannot be read: ` +
        `${cause instanceof Error ? cause.message : cause}; install @tensorflow/tfjs-backend-wasm 4.x, or pass its address as \`tfjsBinary\`.`,
      { cause },
    );
  }
}

async function readInstalledBinary(): Promise<Uint8Array<ArrayBuffer>> {
  const { createRequire } = await import(/* webpackIgnore: true */ /* @vite-ignore */ 'node:module');
  const { readFile } = await import(/* webpackIgnore: true */ /* @vite-ignore */ 'node:fs/promises');
  const require = createRequire(import.meta.url);
  return Uint8Array.from(await readFile(require.resolve(`@tensorflow/tfjs-backend-wasm/dist/${simdBinary}`)));
}

async function fetchBinary(address: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`HTTP status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * Sets the shared bit of a module's own memory, in place.
 *
 * @throws WasmEngineError `WASM_BINARY_UNREADABLE` if the memory section is not that of TensorFlow.js 4.x
 */
export function shareMemoryOf(module: Uint8Array): void {
  let position = 8; // after the magic number and the version
  while (position < module.length) {
    const id = module[position];
    const [size, start] = readUnsignedLeb128(module, position + 1);
    if (id === memorySection) {
      const [memories, limits] = readUnsignedLeb128(module, start);
      if (memories === 1 && module[limits] === limitsWithMaximum) {
        module[limits] = limitsWithMaximumShared;
        return;
      }
      break;
    }
    position = start + size;
  }
  throw new WasmEngineError(
    'WASM_BINARY_UNREADABLE',
    `initWasm: ${simdBinary} is not laid out as in tfjs 4.x, with one memory that has a maximum; install @tensorflow/tfjs-backend-wasm 4.x, or pass \`threads: 1\`.`,
  );
}

function readUnsignedLeb128(bytes: Uint8Array, start: number): [value: number, next: number] {
  let value = 0;
  let position = start;
  for (let shift = 0; position < bytes.length; shift += 7) {
    const byte = bytes[position++];
    value += (byte & 0x7f) * 2 ** shift;
    if ((byte & 0x80) === 0) break;
  }
  return [value, position];
}

/** Packs bytes into a data: URL, which TensorFlow.js fetches without any file or server. */
export function toDataUrl(bytes: Uint8Array): string {
  let binary = '';
  const piece = 0x8000; // String.fromCharCode takes a limited number of arguments
  for (let start = 0; start < bytes.length; start += piece) {
    binary += String.fromCharCode(...bytes.subarray(start, start + piece));
  }
  return `data:application/wasm;base64,${btoa(binary)}`;
}
