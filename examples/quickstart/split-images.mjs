/** Splits a folder of pictures into those to train on and those to validate with. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const validationShare = 0.1;

/** Options of `ae import` that make pictures of every kind alike: squares of 64x64 on white. */
export const importOptions = ['--resize', '64', '--fit', 'crop', '--background', '#ffffff', '--shuffle'];

/**
 * Writes `into`/train.txt and `into`/val.txt, lists as `ae import` takes them. Which one a picture is in depends on its group's name
 * alone, so that pictures of one group are never in both; validation gets one picture of each of its groups. Returns how many.
 */
export function splitImages(from, into) {
  if (!existsSync(from))
    throw new Error(`${from}: expected a folder of pictures, received nothing there; check the path.`);
  const [train, val] = [[], []];
  const validated = new Set();
  let left = 0;
  for (const file of readdirSync(from, { recursive: true }).sort()) {
    if (!/\.(png|jpe?g|webp|gif|tiff?|avif)$/i.test(file)) continue;
    const group = groupOf(file);
    const line = `${file.split(path.sep).join('/')} 0\n`; // all of one class
    if (!isForValidation(group)) train.push(line);
    else if (validated.has(group)) left++;
    else val.push(line);
    validated.add(group);
  }
  const counts = { train: train.length, val: val.length, left };
  if (!counts.train || !counts.val) {
    throw new Error(
      `${from}: expected pictures to train on and to validate with, received ${counts.train} and ${counts.val}; add more.`,
    );
  }
  mkdirSync(into, { recursive: true });
  writeFileSync(path.join(into, 'train.txt'), train.join(''));
  writeFileSync(path.join(into, 'val.txt'), val.join(''));
  return counts;
}

function isForValidation(group) {
  return createHash('sha256').update(group).digest().readUInt32BE() / 2 ** 32 < validationShare;
}

/**
 * Names what a picture shows. Emoji files are named by code points: variants of one emoji in skin tone, gender, hair
 * and direction are one group, and so are all pictures of several people. Any other file is its own group.
 */
export function groupOf(file) {
  const name = path.parse(file).name;
  if (!/^[0-9a-f]{4,5}(-[0-9a-f]{2,5})*$/.test(name)) return file;
  const base = name
    .replace(/-1f3f[b-f]/g, '')
    .replace(/-200d-(2640|2642)(-fe0f)?/g, '')
    .replace(/-200d-1f9b[0-3]/g, '')
    .replace(/-200d-27a1-fe0f/g, '')
    .replace(/\b(1f9d[1-3]|1f46[6-9]|1f47[45])\b/g, 'person');
  return /person.*person|^1f46[a-d]$|^1f48f$|^1f491$/.test(base) ? 'people' : base;
}
