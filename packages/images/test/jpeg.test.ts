import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeJpeg } from '../src/codecs/jpeg';
import { decodeImage } from '../src/image/decode';
import { ImageKernels } from '../src/kernels/image-kernels';
import { toPlanarBgr } from '../src/pixels/channels';
import type { Pixels } from '../src/pixels/pixels';
import type { Resize } from '../src/resize/plan';
import { resizePixels } from '../src/resize/resize';
import { sha256 } from './fixture';
import { bytesOf, fractions, isForSharp, jpegs, ordinary, partOf } from './jpegs';
import { mutateJpeg } from './mutate-jpeg.mjs';

const { kernels } = ImageKernels.start()!;

describe.each(ordinary)('%s', (name) => {
  const { height, width, color, gray } = jpegs[name]!;

  it('decodes to exactly the pixels of cv::imdecode', () => {
    const planes = decodeJpeg(kernels, bytesOf(name), { channels: 3 })!;
    expect(planes).toMatchObject({ planar: true, channels: 3, height, width });
    expect(sha256(planes.data as Uint8Array)).toBe(color);
    expect(sha256(decodeJpeg(kernels, bytesOf(name), { channels: 1 })!.data as Uint8Array)).toBe(gray);
  });
});

describe.each(Object.keys(jpegs))('%s', (name) => {
  const { height, width, color } = jpegs[name]!;

  it('returns those pixels, whichever decoder is used', async () => {
    expect(decodeJpeg(kernels, bytesOf(name)) === undefined).toBe(isForSharp(name));
    const pixels = await decodeImage(bytesOf(name), { mode: 'color' });
    expect([pixels.height, pixels.width]).toEqual([height, width]);
    // sharp upsamples chroma that is four times coarser than luma in its own way.
    if (!/^411/.test(name)) expect(sha256(toPlanarBgr(pixels))).toBe(color);
  });
});

describe('a part of a JPEG', () => {
  it('equals that part of the whole', () => {
    const given = fc.record({
      name: fc.constantFrom(...ordinary),
      channels: fc.constantFrom<1 | 3>(1, 3),
      place: fractions,
    });
    const property = fc.property(given, ({ name, channels, place }) => {
      const { height: fullHeight, width: fullWidth } = jpegs[name]!;
      const { top, left, height, width } = partOf(jpegs[name]!, place);
      const whole = decodeJpeg(kernels, bytesOf(name), { channels })!.data.slice();
      const part = decodeJpeg(kernels, bytesOf(name), { channels, cut: () => ({ top, left, height, width }) })!;
      const expected = Array.from({ length: channels * height }, (_, i) => {
        const from = (Math.floor(i / height) * fullHeight + top + (i % height)) * fullWidth + left;
        return [...whole.subarray(from, from + width)];
      }).flat();
      expect([...part.data]).toEqual(expected);
    });
    fc.assert(property, { numRuns: 300, seed: 1 });
  });
});

describe('a JPEG resized in place', () => {
  it('has exactly the pixels of a decoded and resized picture', async () => {
    const side = fc.integer({ min: 1, max: 50 });
    const given = fc.record({
      name: fc.constantFrom(...ordinary),
      height: side,
      width: side,
      isHalf: fc.boolean(),
      channels: fc.constantFrom<1 | 3>(1, 3),
      fit: fc.constantFrom('squash' as const, 'crop' as const, 'fill' as const),
      resampler: fc.constantFrom('antialiased' as const, 'bilinear' as const),
    });
    const property = fc.asyncProperty(given, async ({ name, isHalf, channels, fit, resampler, ...sides }) => {
      const { height, width } = jpegs[name]!;
      const target = isHalf ? { height: Math.ceil(height / 2), width: Math.ceil(width / 2) } : sides;
      const decoded = await decodeImage(bytesOf(name), { mode: channels === 1 ? 'gray' : 'color' });
      const expected = toPlanarBgr(resizePixels(decoded, { target, fit, resampler }));
      const actual = decodeJpeg(kernels, bytesOf(name), { channels, resize: { target, fit, resampler } })!;
      expect(actual).toMatchObject({ channels, ...target });
      expect(Buffer.compare(actual.data as Uint8Array, expected)).toBe(0);
    });
    await fc.assert(property, { numRuns: 300, seed: 1 });
  });
});

describe('JPEGs that sharp makes', () => {
  it('decode to the pixels of sharp', async () => {
    const side = fc.integer({ min: 1, max: 90 });
    const given = fc.record({
      height: side,
      width: side,
      quality: fc.integer({ min: 1, max: 100 }),
      seed: fc.nat(),
      noise: fc.integer({ min: 0, max: 255 }),
      chromaSubsampling: fc.constantFrom('4:4:4', '4:2:0'),
      optimizeCoding: fc.boolean(),
    });
    const property = fc.asyncProperty(given, async ({ height, width, seed, noise, ...options }) => {
      const data = Uint8Array.from({ length: 3 * height * width }, (_, i) => {
        const random = Math.imul(i + seed, 2654435761) >>> 24;
        return (i * 3 + (random * noise) / 255) & 255;
      });
      const file = await sharp(data, { raw: { width, height, channels: 3 } })
        .jpeg(options)
        .toBuffer();
      const raw = await sharp(file).raw().toBuffer();
      const expected: Pixels = { data: raw, channels: 3, height, width };
      const actual = decodeJpeg(kernels, file)!;
      expect(Buffer.compare(actual.data as Uint8Array, toPlanarBgr(expected))).toBe(0);
    });
    await fc.assert(property, { numRuns: 100, seed: 1 });
  });
});

describe('damaged JPEGs', () => {
  it('are refused if they are truncated, at any position', () => {
    for (const name of ['420-17x33', 'restarts-2', 'gray-9x7']) {
      const file = bytesOf(name);
      for (let length = 0; length < file.length; length++) {
        expect(decodeJpeg(kernels, file.subarray(0, length))).toBeUndefined();
      }
    }
  });

  it('are reported with the name of the file', async () => {
    const file = bytesOf('420-17x33');
    const error = await decodeImage(file.subarray(0, file.length - 40), { name: 'cat.jpg' }).catch((caught) => caught);
    expect(error.message).toMatch(/^\[images\] cat.jpg: expected a valid image, received a JPEG file that is damaged/);
  });

  it('never make the decoder trap, hang, or access other memory', () => {
    const started = ImageKernels.start([1 << 16])!;
    const before = started.kernels.view(started.addresses[0]!, 1 << 16).fill(0xa5);
    started.kernels.room.fill(0xa5);
    const untouched = Buffer.alloc(Math.max(1 << 16, started.kernels.room.length), 0xa5);
    const isUntouched = (bytes: Uint8Array) => untouched.subarray(0, bytes.length).equals(bytes);
    const resizes: (Resize | undefined)[] = [
      undefined,
      { target: { height: 16, width: 15 }, fit: 'squash', resampler: 'bilinear' },
      { target: { height: 9, width: 20 }, fit: 'fill', resampler: 'antialiased' },
      { target: { height: 5, width: 3 }, fit: 'crop', resampler: 'antialiased' },
    ];
    let refused = 0;
    for (let seed = 0; seed < 4000; seed++) {
      const name = ordinary[seed % ordinary.length]!;
      const file = mutateJpeg(bytesOf(name), seed);
      started.kernels.reset();
      // The largest image that a damaged header can declare uses less than all scratch memory.
      const begun = process.cpuUsage();
      const options = {
        channels: seed % 2 ? (3 as const) : (1 as const),
        resize: resizes[(seed >> 1) % resizes.length],
      };
      const planes = decodeJpeg(started.kernels, file, options);
      if (!planes) refused++;
      expect(process.cpuUsage(begun).user).toBeLessThan(2e6);
      const end = started.kernels.take(1 << 16);
      if (end === undefined) continue;
      const behind = started.kernels.view(end, 1 << 16);
      behind.fill(0xa5);
      decodeJpeg(started.kernels, file, options);
      expect(isUntouched(behind)).toBe(true);
    }
    expect(isUntouched(before)).toBe(true);
    expect(isUntouched(started.kernels.room)).toBe(true);
    expect(refused).toBeGreaterThan(500);
  });
});
