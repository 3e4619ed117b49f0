import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeJpeg } from '../src/codecs/jpeg';
import { decodeJpegToFloats } from '../src/codecs/jpeg-floats';
import { ImageKernels } from '../src/kernels/image-kernels';
import type { Planes, Size } from '../src/pixels/pixels';
import { bytesOf, fractions, jpegs, ordinary, partOf } from './jpegs';
import { mutateJpeg } from './mutate-jpeg.mjs';

const floatCount = 1 << 18;
const { kernels, addresses } = ImageKernels.start([4 * floatCount])!;
const [address] = addresses as [number];
const means = Float32Array.of(12.5, 99.75, 0);
const scale = Math.fround(1 / 57);
const options = { channels: 3 as const, address, means, scale };

/** The memory that is written to, full of a number that no pixel has. */
const untouchedFloats = () => new Float32Array(kernels.memory.buffer, address, floatCount).fill(-9);

const isUntouched = (floats: Float32Array) => floats.every((value) => value === -9);

describe('a JPEG decoded to floats', () => {
  it('has the pixels that it is decoded to otherwise, less the mean, times the scale', () => {
    const side = fc.integer({ min: 1, max: 40 });
    const resize = fc.record({
      target: fc.record({ height: side, width: side }),
      fit: fc.constantFrom('squash' as const, 'crop' as const, 'fill' as const),
      resampler: fc.constantFrom('bilinear' as const, 'antialiased' as const),
    });
    const given = fc.record({
      name: fc.constantFrom(...ordinary),
      place: fractions,
      resize: fc.option(resize, { nil: undefined }),
      mirror: fc.boolean(),
    });
    let inOnePass = 0;
    const property = fc.property(given, ({ name, place, resize, mirror }) => {
      const part = resize ? { top: 0, left: 0, ...resize.target } : partOf(jpegs[name]!, place);
      const floats = untouchedFloats();
      const cut = () => ({ ...part, mirror });
      if (decodeJpegToFloats(kernels, bytesOf(name), { ...options, resize, cut })) {
        inOnePass++;
        const planes = decodeJpeg(kernels, bytesOf(name), { channels: 3, resize, cut: () => part })!;
        const expected = toFloats(planes, mirror);
        expect(floats.slice(0, expected.length)).toEqual(expected);
        expect(isUntouched(floats.subarray(expected.length))).toBe(true);
      } else expect(resize?.fit === 'fill' || resize?.resampler === 'antialiased').toBe(true);
    });
    fc.assert(property, { numRuns: 300, seed: 1 });
    expect(inOnePass).toBeGreaterThan(100);
  });

  it('is not written if the file is damaged or no part is wanted', () => {
    const floats = untouchedFloats();
    const file = bytesOf(ordinary[0]!);
    expect(decodeJpegToFloats(kernels, file, { ...options, cut: () => undefined })).toBe(false);
    for (let length = 0; length < file.length; length += 7) {
      expect(decodeJpegToFloats(kernels, file.subarray(0, length), { ...options, cut: whole })).toBe(false);
    }
    expect(isUntouched(floats)).toBe(true);
    expect(decodeJpegToFloats(kernels, file, { ...options, cut: whole })).toBe(true);
  });

  it('is sound exactly if it is otherwise', () => {
    for (let seed = 0; seed < 1000; seed++) {
      const file = mutateJpeg(bytesOf(ordinary[seed % ordinary.length]!), seed);
      const cut = (image: Size) => (image.height * image.width * 3 > floatCount ? undefined : whole(image));
      const planes = decodeJpeg(kernels, file, { channels: 3 });
      const isSmall = planes && planes.data.length <= floatCount;
      expect(decodeJpegToFloats(kernels, file, { ...options, cut })).toBe(isSmall ?? false);
    }
  });
});

function whole({ height, width }: Size) {
  return { top: 0, left: 0, height, width, mirror: false };
}

function toFloats({ data, height, width }: Planes, mirror: boolean): Float32Array {
  const floats = new Float32Array(3 * height * width);
  for (let i = 0; i < height * width; i++) {
    const x = i % width;
    const from = mirror ? i - x + width - 1 - x : i;
    for (let c = 0; c < 3; c++) {
      floats[3 * i + c] = Math.fround(data[(2 - c) * height * width + from]! - means[c]!) * scale;
    }
  }
  return floats;
}
