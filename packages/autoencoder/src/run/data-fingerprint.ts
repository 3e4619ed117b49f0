import { createHash } from 'node:crypto';
import { Breather } from '../data/event-loop';
import type { SampleSource, SourceIdentity } from '../data/samples';
import { AutoencoderError } from '../errors/errors';

/** What identifies a set of samples. */
export interface DataFingerprint {
  readonly count: number;
  /** SHA-256 of the number of samples and of up to 64 of them, evenly spread. */
  readonly fingerprint: string;
}

/** What a run records about its data to recognize it. */
export interface DataIdentity extends DataFingerprint, Partial<SourceIdentity> {}

const maxSamples = 64;
/** Number of samples that are compared, and their total size, if the source does not identify itself. */
const maxLooks = 2048;
const maxBytes = 64 * 2 ** 20;

/** Uses only a few samples, so that it takes no longer for a large database than for a small one. */
export async function fingerprintOf(source: SampleSource): Promise<DataFingerprint> {
  return { count: source.length, fingerprint: await digestOf(source, Math.min(maxSamples, source.length)) };
}

/** Determines the identity of samples: from the source, or else from the contents of many samples. */
export async function identityOf(source: SampleSource): Promise<DataIdentity> {
  const fingerprint = await fingerprintOf(source);
  if (source.identity) return { ...fingerprint, ...pick(await source.identity()) };
  if (source.length <= maxSamples) return { ...fingerprint, content: fingerprint.fingerprint, complete: true };
  const bytes = (await source.at(0))?.data.byteLength ?? 1;
  const looks = Math.min(source.length, maxLooks, Math.max(maxSamples, Math.floor(maxBytes / Math.max(1, bytes))));
  return { ...fingerprint, content: await digestOf(source, looks), complete: looks === source.length };
}

/** Nothing else that a source may have belongs in a run's config. */
function pick({ revision, content, complete }: SourceIdentity): SourceIdentity {
  return { revision, content, complete };
}

/** Describes how data has changed; undefined if it is the same, as far as can be known. */
export function changeOf(before: DataIdentity, now: DataIdentity): string | undefined {
  // Runs of version 0.1 have no content digest.
  if (before.content === undefined || now.content === undefined) return undefined;
  if (before.content !== now.content) return 'has different images than when the run was started';
  // Either all images are the same, whatever was written in between; or nothing was written, and a full comparison is unnecessary.
  if ((before.complete && now.complete) || before.revision === now.revision) return undefined;
  return `was written to since the run was started (${before.revision ?? 'unknown'}; now ${now.revision ?? 'unknown'}), and is too large to be compared completely`;
}

async function digestOf(source: SampleSource, looks: number): Promise<string> {
  const digest = createHash('sha256').update(`${source.length}\n`);
  const breather = new Breather();
  for (let i = 0; i < looks; i++) {
    const index = Math.floor((i * source.length) / looks);
    const sample = await source.at(index);
    if (!sample) {
      throw new AutoencoderError('INVALID_SAMPLE', `sample ${index}: expected an image, received nothing.`);
    }
    const { channels, height, width, data } = sample;
    digest.update(`${index} ${channels} ${height} ${width}\n`).update(data);
    await breather.breathe();
  }
  return digest.digest('hex');
}
