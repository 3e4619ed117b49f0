/** Splits a folder of pictures into training and validation. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const validationShare = 0.1;

/** Options of `ae import` with which all pictures become 64x64 squares on white. */
export const importOptions = ['--resize', '64', '--fit', 'crop', '--background', '#ffffff', '--shuffle'];

/**
 * Writes `into`/train.txt and `into`/val.txt, which are lists for `ae import`. Only the name of a picture's group determines which list it is in,
 * so pictures of one group are never in both. Validation gets one picture of each of its groups. Returns the number of pictures.
 */
export function splitImages(from, into) {
  if (!existsSync(from)) throw new Error(`${from} does not exist; name a folder of pictures.`);
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
      `${from} has too few pictures: ${counts.train} for training and ${counts.val} for validation; add more.`,
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
 * Returns the group of a picture. The files of emoji are named by code points: variants of one emoji in skin tone, gender, hair
 * and direction are one group, and so are all pictures of several people. Any other file is a group of its own.
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
