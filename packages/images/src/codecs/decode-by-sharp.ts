/** Decodes image files with sharp, which is loaded when it is first needed, and adjusts what OpenCV does differently. */
import type { Sharp, SharpOptions } from 'sharp';
import { doesNotDecode, SharpMissingError } from '../errors';
import { readJpegHeader } from '../kind/jpeg';
import { describeImage, type ImageSize } from '../kind/kind';
import { readPngHeader } from '../kind/png';
import { hasTooManyPages, readTiffHeader, type TiffHeader, withValidOrientation } from '../kind/tiff';
import type { Pixels } from '../pixels/pixels';
import type { DecodeImageOptions } from './decode-options';
import { groundGif } from './gif-ground';
import { hasAllScans, withEnd } from './jpeg-end';
import { isSequentialWhole } from './jpeg-scan-check';

type SharpModule = (input?: Uint8Array, options?: SharpOptions) => Sharp;

let loading: Promise<SharpModule> | undefined;

/** Loads sharp. @throws SharpMissingError MISSING_DEPENDENCY */
export function loadSharp(): Promise<SharpModule> {
  loading ??= import('sharp').then(
    (module) => module.default as SharpModule,
    (cause) => {
      loading = undefined;
      const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
      throw new SharpMissingError(
        {
          state: `sharp, which decodes and encodes images, cannot be loaded (${reason})`,
          todo: 'run npm install sharp',
        },
        { cause },
      );
    },
  );
  return loading;
}

/** What is known about a file before it is decoded. */
interface Plan {
  /** Number of stored channels, if the file's header says. */
  channels?: number;
  isCmyk: boolean;
  is16Bit: boolean;
  tiff?: TiffHeader;
  /** The file, if it is a GIF with its own background. */
  gif?: Uint8Array;
}

/**
 * Decodes a file, with all of its channels unless the mode is 'color' without a background.
 *
 * @throws BadImageError BAD_IMAGE, SharpMissingError MISSING_DEPENDENCY
 */
export async function decodeBySharp(
  file: Uint8Array,
  size: ImageSize,
  options: DecodeImageOptions & { name: string; maxPixels: number },
): Promise<Pixels> {
  const { name, maxPixels } = options;
  const plan = planFor(file, size, name);
  const sharp = await loadSharp();
  // A JPEG may lack its end marker. If nothing else is missing, it is decoded with one added, without complaint.
  const whole = size.kind === 'jpeg' ? withEnd(file) : file;
  if (whole !== file && !(isSequentialWhole(file) ?? hasAllScans(file))) throw doesNotDecode(name, describeImage(file));
  const failOn = whole === file ? 'error' : 'warning';
  const input = plan.tiff ? withValidOrientation(file) : whole;
  try {
    return await decode(sharp(input, { failOn, ignoreIcc: true, limitInputPixels: maxPixels }), plan, options);
  } catch (cause) {
    throw doesNotDecode(name, describeImage(file), cause);
  }
}

function planFor(file: Uint8Array, { kind }: ImageSize, name: string): Plan {
  if (kind === 'jpeg') {
    const channels = readJpegHeader(file)?.components;
    return { channels, isCmyk: channels === 4, is16Bit: false };
  }
  if (kind === 'png') {
    const header = readPngHeader(file);
    return { channels: header?.channels, isCmyk: false, is16Bit: header?.bits === 16 };
  }
  if (kind === 'gif') return { isCmyk: false, is16Bit: false, gif: file };
  const tiff = kind === 'tiff' ? tiffHeaderOf(file) : undefined;
  const problem = tiff && (tiffProblem(tiff) ?? pagesProblem(file));
  if (problem) throw doesNotDecode(name, `a TIFF file ${problem}`);
  return { isCmyk: tiff?.photometric === CMYK, is16Bit: tiff?.bits === 16, tiff };
}

function tiffHeaderOf(file: Uint8Array): TiffHeader | undefined {
  try {
    return readTiffHeader(new DataView(file.buffer, file.byteOffset, file.length));
  } catch (error) {
    // The decoder says what is wrong.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function pagesProblem(file: Uint8Array): string | undefined {
  try {
    const view = new DataView(file.buffer, file.byteOffset, file.length);
    return hasTooManyPages(view) ? 'of more than 10,000 pages' : undefined;
  } catch (error) {
    // The first page may be intact.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const CMYK = 5;
const YCBCR = 6;
const JPEG_COMPRESSION = 7;
const UNMULTIPLIED_ALPHA = 2;
const colorNames: Record<number, string> = { 8: 'CIELab', 9: 'ICCLab', 10: 'ITULab', 32844: 'LogL', 32845: 'LogLuv' };

/** Returns why a TIFF's numbers are not 8-bit pixels, or are interpreted differently by OpenCV and libvips. */
function tiffProblem({ bits, samples, format, photometric, compression }: TiffHeader): string | undefined {
  if (format === 3 || format === 6) return 'of floating-point numbers, which have no range of brightness';
  if (format === 2 || format === 5) return 'of signed numbers';
  if (bits > 16) return `of ${bits} bits per sample`;
  if (photometric in colorNames) return `with ${colorNames[photometric]} colors`;
  if (photometric === YCBCR && compression !== JPEG_COMPRESSION)
    return 'with YCbCr colors that are not JPEG-compressed';
  if (samples > 4) return `of ${samples} samples per pixel`;
  return photometric === CMYK && (bits !== 8 || samples !== 4) ? 'with CMYK colors of other than 8 bits' : undefined;
}

async function decode(
  opened: Sharp,
  { channels, isCmyk, is16Bit, tiff, gif }: Plan,
  { mode = 'stored', orient = false, background }: DecodeImageOptions,
): Promise<Pixels> {
  const stored = channels ?? (await opened.metadata()).channels;
  let image = orient ? opened.autoOrient() : opened;
  // Alpha is dropped unless it is used: as a channel of the result, for blending, or because colors are multiplied by it.
  const isMultiplied = tiff?.extra === UNMULTIPLIED_ALPHA && (stored ?? 0) === 4 && mode !== 'stored' && !background;
  if (isCmyk) image = image.pipelineColourspace('cmyk').toColourspace('cmyk');
  else if (mode === 'color' && !background && !isMultiplied && !gif) image = image.removeAlpha();
  // sharp returns RGB for gray, and converts 16 bits to 8 in its own way.
  const isGray = (stored ?? 0) < 3;
  if (is16Bit && !isCmyk) image = image.toColourspace(isGray ? 'grey16' : 'rgb16');
  else if (stored === 1) image = image.toColourspace('b-w');
  const raw = image.raw({ depth: is16Bit ? 'ushort' : 'uchar' });
  const { data, info } = await raw.toBuffer({ resolveWithObject: true });
  const pixels: Pixels = {
    data: is16Bit ? to8Bits(data, tiff !== undefined && !isGray) : data,
    channels: info.channels,
    height: info.height,
    width: info.width,
  };
  if (gif && mode !== 'stored' && !background) return groundGif(gif, pixels);
  if (isCmyk) return cmykToRgb(pixels, tiff !== undefined);
  return isMultiplied && pixels.channels === 4 ? multiplyByAlpha(pixels) : pixels;
}

/** As OpenCV does: the upper bits, except for color TIFFs, which libtiff rounds. */
function to8Bits(bytes: Uint8Array, rounds: boolean): Uint8Array {
  const wide = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const out = new Uint8Array(wide.length);
  for (let i = 0; i < out.length; i++) out[i] = rounds ? (wide[i] * 255 + 32767) / 65535 : wide[i] >> 8;
  return out;
}

/** OpenCV's conversion of JPEGs and TIFFs, without ink profiles: `[H, W, 4]` with 255 for full ink to RGB. */
function cmykToRgb({ data, height, width }: Pixels, isTiff: boolean): Pixels {
  const out = new Uint8Array(height * width * 3);
  for (let s = 0, t = 0; t < out.length; s += 4, t += 3) {
    const light = 255 - data[s + 3];
    for (let c = 0; c < 3; c++) {
      out[t + c] = isTiff ? (light * (255 - data[s + c])) / 255 : light - ((data[s + c] * light) >> 8);
    }
  }
  return { data: out, channels: 3, height, width };
}

/** As in libtiff, which OpenCV uses to read TIFFs. The alpha itself is dropped. */
function multiplyByAlpha({ data, height, width }: Pixels): Pixels {
  const out = new Uint8Array(height * width * 3);
  for (let s = 0, t = 0; t < out.length; s += 4, t += 3) {
    for (let c = 0; c < 3; c++) out[t + c] = (data[s + c] * data[s + 3] + 127) / 255;
  }
  return { data: out, channels: 3, height, width };
}
