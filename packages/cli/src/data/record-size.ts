/** Sizes of records once decoded, mostly determined without decoding them. */
import { kindOfImage, readJpegHeader, readPngHeader } from '@ae/images/kind';
import type { Datum, DatumReader, Sample } from '@ae/lmdb-datum';

/** Channels of the decoded image, not those of the image file. */
export type RecordSize = Pick<Sample, 'channels' | 'height' | 'width'>;

/** What the first bytes of an image file tell: files of the same kind decode to the same number of channels. */
interface Header {
  readonly kind: string;
  readonly height: number;
  readonly width: number;
}

/** Reads sizes; of each kind of image file it decodes the first one to learn the number of channels. */
export class RecordSizes {
  readonly #channels = new Map<string, number>();
  readonly #reader: DatumReader;

  constructor(reader: DatumReader) {
    this.#reader = reader;
  }

  /** Returns the size of record `index`, which contains `datum`; throws what decoding throws if the image's header does not say. */
  async of(index: number, { encoded, data, channels, height, width }: Datum): Promise<RecordSize> {
    if (!encoded) return { channels, height, width };
    const header = headerOf(data);
    const known = header && this.#channels.get(header.kind);
    if (header && known) return { channels: known, height: header.height, width: header.width };
    const sample = (await this.#reader.at(index)) as Sample;
    if (header?.height === sample.height && header.width === sample.width)
      this.#channels.set(header.kind, sample.channels);
    return { channels: sample.channels, height: sample.height, width: sample.width };
  }
}

/** Returns a name for files of one format that decode to the same number of channels. */
function headerOf(file: Uint8Array): Header | undefined {
  const kind = kindOfImage(file);
  if (kind === 'jpeg') {
    const header = readJpegHeader(file);
    return header && { ...header, kind: `JPEG ${header.frame} ${header.components}` };
  }
  const header = kind === 'png' ? readPngHeader(file) : undefined;
  return header && { ...header, kind: `PNG ${header.bits} ${header.colorType} ${header.hasTransparency}` };
}
