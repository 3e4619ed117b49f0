import { Random } from '../src/data/random';
import type { Sample } from '../src/entries/index';

type Color = readonly [number, number, number];
/** How far a pixel's middle is from a shape, in units of a 64th of the page: below 0 inside. */
type Shape = (x: number, y: number) => number;

/** Draws faces in the middle of a white page, as emoji are: shapes in all of them, of varied place, size and color. Planar, blue first. */
export function drawingSamples(count: number, seed: number, size: number): Sample<Uint8Array>[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => drawFace(random, size));
}

function drawFace(random: Random, size: number): Sample<Uint8Array> {
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  const color = (): Color => [between(0, 255), between(0, 255), between(0, 255)];
  const page = new Page(size);
  const [x, y] = [32 + between(-2, 2), 32 + between(-2, 2)];
  const [width, height] = [between(18, 28), between(18, 28)];
  page.paint(color(), ellipse(x, y, width, height));
  if (random.uniform() < 0.5) page.paint(color(), ellipse(x, y - height, between(8, 20), between(4, 9)));
  const eyes = color();
  const [apart, up, radius] = [between(6, 12), between(3, 9), between(2, 5)];
  for (const side of [-1, 1]) page.paint(eyes, ellipse(x + side * apart, y - up, radius, radius * between(0.6, 1.4)));
  const [mouth, bend, thickness] = [between(6, 14), between(-0.05, 0.05), between(1, 2.5)];
  page.paint(color(), (px, py) =>
    Math.max(Math.abs(py - (y + 10 - bend * (px - x) ** 2)) - thickness, Math.abs(px - x) - mouth),
  );
  return { channels: 3, height: size, width: size, data: page.data };
}

function ellipse(x: number, y: number, rx: number, ry: number): Shape {
  return (px, py) => (Math.hypot((px - x) / rx, (py - y) / ry) - 1) * Math.min(rx, ry);
}

class Page {
  readonly data: Uint8Array;
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
    this.data = new Uint8Array(3 * size * size).fill(255);
  }

  /** Paints a shape with soft edges. */
  paint(color: Color, shape: Shape): void {
    const size = this.#size;
    const pixel = 64 / size;
    for (let i = 0; i < size * size; i++) {
      const [x, y] = [(i % size) * pixel + pixel / 2, (Math.floor(i / size) + 0.5) * pixel];
      const cover = Math.min(1, Math.max(0, 0.5 - shape(x, y) / pixel));
      for (let c = 0; c < 3; c++) {
        const at = c * size * size + i;
        this.data[at] = Math.round(this.data[at] + cover * (color[c] - this.data[at]));
      }
    }
  }
}
