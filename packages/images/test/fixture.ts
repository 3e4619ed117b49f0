/** The golden files of test/fixtures: made by OpenCV and Pillow (make_images.py and its like). */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';

/** Returns the path of a fixture. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

export function sha256(bytes: NodeJS.ArrayBufferView): string {
  return createHash('sha256').update(bytes).digest('hex');
}
