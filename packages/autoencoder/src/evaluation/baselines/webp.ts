import { toPlanarBgr } from '@ae/images';
import type { Sample } from '../../data/samples';
import { interleave } from './interleave';

/** Size of what precedes the compressed image in a file: not counted, like JPEG's headers. */
const headerBytes = 20;

/**
 * Encodes an image of one or three channels as WebP (libwebp through sharp) at a quality from 1 to 100; returns the decoded image and the
 * bytes of the compressed image.
 */
export async function throughWebp(sample: Sample, quality: number): Promise<{ sample: Sample; bytes: number }> {
  const { default: sharp } = await import('sharp');
  const { width, height, channels } = sample;
  const raw = { width, height, channels: channels === 1 ? 1 : 3 } as const;
  const file = await sharp(interleave(sample), { raw }).webp({ quality }).toBuffer();
  const data = await sharp(file)
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer();
  return {
    sample: { ...sample, data: toPlanarBgr({ data, channels, height, width }) },
    bytes: file.length - headerBytes,
  };
}
