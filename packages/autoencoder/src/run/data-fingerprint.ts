import { createHash } from 'node:crypto';
import { AutoencoderError } from '../errors';
import type { SampleSource } from '../samples';

/** What tells one set of samples from another. */
export interface DataFingerprint {
  readonly count: number;
  /** SHA-256 of the number of samples and of up to 64 of them, spread evenly. */
  readonly fingerprint: string;
}

const maxSamples = 64;

/** Looks at a few samples only, so that it takes no longer for a large database than for a small one. */
export async function fingerprintOf(source: SampleSource): Promise<DataFingerprint> {
  const digest = createHash('sha256').update(`${source.length}\n`);
  const looks = Math.min(maxSamples, source.length);
  for (let i = 0; i < looks; i++) {
    const index = Math.floor((i * source.length) / looks);
    const sample = await source.at(index);
    if (!sample) {
      throw new AutoencoderError('INVALID_SAMPLE', `sample ${index}: expected an image, received nothing.`);
    }
    const { channels, height, width, data } = sample;
    digest.update(`${index} ${channels} ${height} ${width}\n`).update(data);
  }
  return { count: source.length, fingerprint: digest.digest('hex') };
}
