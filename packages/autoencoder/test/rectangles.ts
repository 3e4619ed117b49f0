import { Random } from '../src/data/random';
import type { Sample } from '../src/data/samples';

/** Images of overlapping rectangles as make_training_golden.py draws them, as samples (planar, blue first). */
export function rectangleSamples(count: number, { seed = 11, size = 64 } = {}): Sample[] {
  const random = new Random(seed);
  const below = (n: number) => Math.floor((random.uint32() * n) / 2 ** 32);
  return Array.from({ length: count }, () => {
    const area = size * size;
    const data = new Uint8Array(3 * area);
    for (let i = 0; i < 12; i++) {
      const [x0, y0] = [below(size), below(size)];
      const [x1, y1] = [x0 + 1 + below(size), y0 + 1 + below(size)];
      const rgb = [below(256), below(256), below(256)];
      for (let y = y0; y < Math.min(y1, size); y++) {
        for (let plane = 0; plane < 3; plane++) {
          data.fill(rgb[2 - plane], plane * area + y * size + x0, plane * area + y * size + Math.min(x1, size));
        }
      }
    }
    return { channels: 3, height: size, width: size, data };
  });
}
