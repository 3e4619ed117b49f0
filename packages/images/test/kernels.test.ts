import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileKernels } from '../src/kernels/kernel-memory';
import { alongColumns, alongRows, resizeAntialiased, windows } from '../src/resize/antialiased';
import { resizeBilinear, resizePlainly } from '../src/resize/bilinear';

describe('the SIMD kernels', () => {
  it('are not used if WebAssembly does not support them', () => {
    expect(compileKernels(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0xff))).toBeUndefined();
  });

  it('resize to exactly the bytes of plain loops', () => {
    const side = fc.integer({ min: 1, max: 40 });
    const given = fc.record({
      channels: fc.integer({ min: 1, max: 4 }),
      height: side,
      width: side,
      toHeight: side,
      toWidth: side,
    });
    const property = fc.property(given, ({ channels, height, width, toHeight, toWidth }) => {
      const data = Uint8Array.from({ length: channels * height * width }, (_, i) => (i * 151 + (i >> 3)) & 255);
      const pixels = { data, channels, height, width };
      const target = { height: toHeight, width: toWidth };
      const across = alongRows(pixels, windows(width, toWidth), toWidth);
      const down = alongColumns(across, windows(height, toHeight), toHeight, toWidth * channels);
      expect(resizeAntialiased(pixels, target).data).toEqual(down);
      if (height === 2 * toHeight && width === 2 * toWidth) return;
      const plain = resizePlainly(pixels, target);
      expect(resizeBilinear(pixels, target).data).toEqual(plain);
    });
    fc.assert(property, { numRuns: 200, seed: 1 });
  });
});
