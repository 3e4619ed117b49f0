/**
 * Decodes ordinary JPEG files by libjpeg-turbo compiled to WebAssembly (`@cwasm/jpeg-turbo`): on small images several times faster
 * than sharp, whose pipeline costs more than their pixels, and with the very results of OpenCV, which uses the same library.
 * Whatever is not ordinary or not sound is left to sharp.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import type { Pixels } from './image.js';

/** What we use of TurboJPEG's C interface. */
interface TurboJpeg {
  memory: { buffer: ArrayBuffer };
  malloc(bytes: number): number;
  free(address: number): void;
  tjInitDecompress(): number;
  tjDecompressHeader3(
    handle: number,
    jpeg: number,
    bytes: number,
    w: number,
    h: number,
    sub: number,
    space: number,
  ): number;
  tjDecompress2(
    handle: number,
    jpeg: number,
    bytes: number,
    out: number,
    w: number,
    pitch: number,
    h: number,
    format: number,
    flags: number,
  ): number;
}

const FORMAT_RGB = 0;
const FORMAT_GRAY = 6;
/** Larger images go to sharp, which is as fast on them and doesn't hold up the thread. */
const MOST_PIXELS = 512 * 512;

/** A decoder and its memory. Thrown away if the C code gives up by longjmp, which leaves it in an unknown state. */
class Decoder {
  private readonly handle: number;
  private readonly numbers: number;
  private input = 0;
  private inputBytes = 0;
  private output = 0;
  private outputBytes = 0;

  constructor(private readonly lib: TurboJpeg) {
    this.handle = lib.tjInitDecompress();
    this.numbers = lib.malloc(16);
  }

  /** @returns undefined if the library finds anything wrong, even if it could give some pixels. */
  decode(jpeg: Uint8Array, channels: 1 | 3): Pixels | undefined {
    const { lib, handle, numbers } = this;
    this.reserveInput(jpeg.length);
    new Uint8Array(lib.memory.buffer, this.input, jpeg.length).set(jpeg);
    const status = lib.tjDecompressHeader3(
      handle,
      this.input,
      jpeg.length,
      numbers,
      numbers + 4,
      numbers + 8,
      numbers + 12,
    );
    const [width, height] = new Int32Array(lib.memory.buffer, numbers, 2) as unknown as [number, number];
    if (status !== 0 || width < 1 || height < 1 || width * height > MOST_PIXELS) return undefined;
    const bytes = width * height * channels;
    this.reserveOutput(bytes);
    const format = channels === 1 ? FORMAT_GRAY : FORMAT_RGB;
    if (lib.tjDecompress2(handle, this.input, jpeg.length, this.output, width, 0, height, format, 0) !== 0)
      return undefined;
    return { data: new Uint8Array(lib.memory.buffer, this.output, bytes).slice(), channels, height, width };
  }

  private reserveInput(bytes: number): void {
    if (bytes <= this.inputBytes) return;
    if (this.input) this.lib.free(this.input);
    this.inputBytes = bytes * 2;
    this.input = this.lib.malloc(this.inputBytes);
  }

  private reserveOutput(bytes: number): void {
    if (bytes <= this.outputBytes) return;
    if (this.output) this.lib.free(this.output);
    this.outputBytes = bytes;
    this.output = this.lib.malloc(bytes);
  }
}

let module: WebAssembly.Module | undefined | null;
let decoder: Decoder | undefined;

function loadModule(): WebAssembly.Module | undefined {
  if (module === undefined) {
    try {
      const file = createRequire(import.meta.url).resolve('@cwasm/jpeg-turbo/jpeg-turbo.wasm');
      module = new WebAssembly.Module(new Uint8Array(fs.readFileSync(file)));
    } catch {
      // A bundle without the file: sharp does all the work.
      module = null;
    }
  }
  return module ?? undefined;
}

function createDecoder(compiled: WebAssembly.Module): Decoder {
  const giveUp = () => {
    throw new Error('libjpeg-turbo gave up');
  };
  const none = () => 0;
  const instance = new WebAssembly.Instance(compiled, {
    env: { setjmp: none, longjmp: giveUp },
    wasi_snapshot_preview1: {
      proc_exit: giveUp,
      environ_sizes_get: none,
      environ_get: none,
      fd_close: none,
      fd_seek: none,
      fd_write: none,
    },
  });
  return new Decoder(instance.exports as unknown as TurboJpeg);
}

/**
 * Decodes a JPEG to interleaved grey (1) or RGB (3) pixels.
 *
 * @returns undefined if that is for sharp to do, or to say what is wrong.
 */
export function decodeOrdinaryJpeg(jpeg: Uint8Array, channels: 1 | 3): Pixels | undefined {
  const compiled = loadModule();
  if (!compiled) return undefined;
  decoder ??= createDecoder(compiled);
  try {
    return decoder.decode(jpeg, channels);
  } catch {
    decoder = undefined;
    return undefined;
  }
}
