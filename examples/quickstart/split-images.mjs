/** Splits a folder of pictures into training and validation pictures of 64x64 on a white ground. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';

const size = 64;
const validationShare = 0.1;
const atOnce = 16;

/**
 * Writes `into`/train and `into`/val. Which side a picture goes to depends on its group's name alone, so that pictures
 * of one group are never on both sides; validation gets one picture of each of its groups. Returns how many.
 */
export async function splitImages(from, into) {
  if (!existsSync(from))
    throw new Error(`${from}: expected a folder of pictures, received nothing there; check the path.`);
  const counts = { train: 0, val: 0, left: 0 };
  const validated = new Set();
  const jobs = [];
  for (const file of readdirSync(from, { recursive: true }).sort()) {
    if (!/\.(png|jpe?g|webp|gif|tiff?|avif)$/i.test(file)) continue;
    const group = groupOf(file);
    const side = isForValidation(group) ? 'val' : 'train';
    if (side === 'val' && validated.has(group)) counts.left++;
    else
      jobs.push({ side, from: path.join(from, file), to: path.join(into, side, `${file.replace(/[\\/]/g, '-')}.png`) });
    if (side === 'val') validated.add(group);
  }
  for (const side of ['train', 'val']) mkdirSync(path.join(into, side), { recursive: true });
  for (let start = 0; start < jobs.length; start += atOnce) {
    await Promise.all(
      jobs.slice(start, start + atOnce).map(async (job) => {
        const written = await toWhiteSquare(job.from, job.to);
        counts[written ? job.side : 'left']++;
      }),
    );
  }
  if (counts.train > 0 && counts.val > 0) return counts;
  throw new Error(
    `${from}: expected pictures to train on and to validate with, received ${counts.train} and ${counts.val}; add more.`,
  );
}

/** Cuts a picture to a square, scales it and puts it on white; false, after saying so, when it can't be read. */
async function toWhiteSquare(from, to) {
  try {
    const picture = sharp(from).autoOrient().resize(size, size, { fit: 'cover' });
    await picture.flatten({ background: 'white' }).toColourspace('srgb').png({ compressionLevel: 1 }).toFile(to);
    return true;
  } catch (error) {
    console.warn(`left out ${from}: ${error.message.split('\n')[0]}`);
    return false;
  }
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
