import { Random } from '../src/data/random';
import type { Sample } from '../src/entries/index';

type Point = readonly [x: number, y: number];

/** An arc of an ellipse, in turns from the right, clockwise as y grows downwards. */
function arc([x, y]: Point, [rx, ry]: Point, from: number, to: number): Point[] {
  return Array.from({ length: 13 }, (_, i) => {
    const angle = 2 * Math.PI * (from + ((to - from) * i) / 12);
    return [x + rx * Math.cos(angle), y + ry * Math.sin(angle)];
  });
}

/** The strokes of each digit, x and y from 0 to 1. */
const strokes: readonly (readonly Point[])[][] = [
  [arc([0.5, 0.5], [0.3, 0.45], 0, 1)],
  [
    [
      [0.3, 0.25],
      [0.55, 0.05],
      [0.55, 0.95],
    ],
  ],
  [[...arc([0.5, 0.28], [0.28, 0.23], -0.5, 0.1), [0.2, 0.95], [0.82, 0.95]]],
  [arc([0.45, 0.27], [0.28, 0.22], -0.4, 0.25), arc([0.45, 0.72], [0.32, 0.23], -0.25, 0.4)],
  [
    [
      [0.65, 0.95],
      [0.65, 0.05],
      [0.15, 0.65],
      [0.9, 0.65],
    ],
  ],
  [
    [
      [0.8, 0.05],
      [0.3, 0.05],
      [0.25, 0.45],
    ],
    arc([0.45, 0.67], [0.33, 0.27], -0.35, 0.4),
  ],
  [
    [
      [0.65, 0.05],
      [0.25, 0.55],
    ],
    arc([0.5, 0.7], [0.28, 0.25], 0, 1),
  ],
  [
    [
      [0.15, 0.05],
      [0.85, 0.05],
      [0.4, 0.95],
    ],
  ],
  [arc([0.5, 0.27], [0.24, 0.22], 0, 1), arc([0.5, 0.73], [0.3, 0.24], 0, 1)],
  [
    arc([0.5, 0.3], [0.28, 0.25], 0, 1),
    [
      [0.78, 0.3],
      [0.6, 0.95],
    ],
  ],
];

/** Draws gray digits of varied shape, slant, place and thickness, 28x28, from a seed; the label is the digit. */
export function digitSamples(count: number, seed: number): Sample<Uint8Array>[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, i) => drawDigit(i % 10, random));
}

function drawDigit(digit: number, random: Random): Sample<Uint8Array> {
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  const [width, height, slant] = [between(13, 18), between(17, 21), between(-0.25, 0.25)];
  const [left, top, thickness] = [between(4, 24 - width), between(3, 25 - height), between(1.2, 2)];
  const bend = [between(-0.06, 0.06), between(-0.06, 0.06)];
  const place = ([x, y]: Point): Point => {
    const [bentX, bentY] = [x + bend[0] * Math.sin(3 * y), y + bend[1] * Math.sin(3 * x)];
    return [left + width * (bentX + slant * (0.5 - bentY)), top + height * bentY];
  };
  const segments = strokes[digit].flatMap((line) => {
    const points = line.map(place);
    return points.slice(1).map((to, i) => [points[i], to] as const);
  });
  const data = new Uint8Array(28 * 28);
  for (let at = 0; at < data.length; at++) {
    const near = Math.min(...segments.map(([from, to]) => distanceTo([at % 28, Math.floor(at / 28)], from, to)));
    data[at] = Math.round(255 * Math.min(1, Math.max(0, thickness + 0.5 - near)));
  }
  return { channels: 1, height: 28, width: 28, data, label: digit };
}

function distanceTo([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}
