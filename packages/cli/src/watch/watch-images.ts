/** What `ae watch` serves for an LMDB: its images, one page at a time, with keys and labels. */
import { encodePng, toRgbImage } from '@ae/images/png';
import type { DatumReader } from '@ae/lmdb-datum';
import { sentenceOf } from '../shell/cli-error';
import { imagesPage } from './images-page';
import type { Answering } from './serve';

export const imagesPerPage = 60;

/** Serves the images of a database; only those of the current page are read. */
export function watchImages(reader: DatumReader, name: string): Answering {
  const page = imagesPage(name, reader.length, imagesPerPage);
  return async (pathname, asked) => {
    if (pathname === '/') return { type: 'text/html; charset=utf-8', body: page };
    if (pathname === '/images') {
      const first = Number(asked.get('page') ?? 0) * imagesPerPage;
      if (!Number.isSafeInteger(first) || first < 0) return undefined;
      const numbers = Array.from(
        { length: Math.max(0, Math.min(imagesPerPage, reader.length - first)) },
        (_, i) => first + i,
      );
      const images = await Promise.all(numbers.map((number) => describe(reader, number)));
      return { type: 'application/json', body: JSON.stringify(images) };
    }
    const [, number] = /^\/images\/(\d{1,15})\.png$/.exec(pathname) ?? [];
    if (number === undefined || Number(number) >= reader.length) return undefined;
    const sample = await reader.at(Number(number));
    return sample && { type: 'image/png', body: encodePng(toRgbImage(sample)) };
  };
}

interface Described {
  readonly number: number;
  readonly key?: string;
  readonly label?: number;
  readonly size?: string;
  /** Why it cannot be shown. */
  readonly problem?: string;
}

async function describe(reader: DatumReader, number: number): Promise<Described> {
  try {
    const sample = await reader.at(number);
    if (!sample) return { number, problem: 'There is no such record.' };
    const { key, label, width, height, channels } = sample;
    // Records that are not gray or color images have no picture, but are described anyway.
    const problem = channels === 1 || channels === 3 || channels === 4 ? undefined : `${channels} channels: no picture`;
    return { number, key, label, size: `${width} × ${height}`, problem };
  } catch (error) {
    return { number, problem: sentenceOf(error) };
  }
}
