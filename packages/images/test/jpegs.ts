/** Golden JPEG files, with the pixels to which OpenCV decodes them. */
import fs from 'node:fs';
import fc from 'fast-check';
import type { Box, Size } from '../src/pixels/pixels';
import { fixture } from './fixture';

interface GoldenJpeg {
  /** base64 */
  file: string;
  height: number;
  width: number;
  /** sha256 of planar blue-green-red, and of gray. */
  color: string;
  gray: string;
}

export const { jpegs } = JSON.parse(fs.readFileSync(fixture('jpegs.json'), 'utf8')) as {
  jpegs: Record<string, GoldenJpeg>;
};

export const bytesOf = (name: string) => Buffer.from(jpegs[name]!.file, 'base64');

/** What our decoder leaves to sharp. */
export const isForSharp = (name: string) => /^411|progressive|rgb|cmyk/.test(name);

export const ordinary = Object.keys(jpegs).filter((name) => !isForSharp(name));

/** Four numbers from 0 to 1. */
export const fractions = fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), {
  minLength: 4,
  maxLength: 4,
});

/** Returns the part of an image that four fractions choose. */
export function partOf(image: Size, place: number[]): Box {
  const [a, b, c, d] = place as [number, number, number, number];
  const top = Math.floor(a * image.height);
  const left = Math.floor(b * image.width);
  const height = 1 + Math.floor(c * (image.height - top));
  const width = 1 + Math.floor(d * (image.width - left));
  return { top, left, height, width };
}
