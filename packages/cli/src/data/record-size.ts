/** Sizes of records as they are when decoded, mostly without decoding them. */
import type { Datum, DatumReader, Sample } from '@ae/lmdb-datum';

/** Channels as they come out of decoding, not as an image file counts them. */
export type RecordSize = Pick<Sample, 'channels' | 'height' | 'width'>;

/** What the first bytes of an image file tell: files of one kind decode to one number of channels. */
interface Header {
  readonly kind: string;
  readonly height: number;
  readonly width: number;
}

/** Reads sizes; of each kind of image files it decodes the first one, to learn the channels. */
export class RecordSizes {
  private readonly channels = new Map<string, number>();

  constructor(private readonly reader: DatumReader) {}

  /** The size of record `index`, which holds `datum`; throws what decoding throws where an image says nothing of itself. */
  async of(index: number, { encoded, data, channels, height, width }: Datum): Promise<RecordSize> {
    if (!encoded) return { channels, height, width };
    const header = jpegHeader(data) ?? pngHeader(data);
    const known = header && this.channels.get(header.kind);
    if (header && known) return { channels: known, height: header.height, width: header.width };
    const sample = (await this.reader.at(index)) as Sample;
    if (header?.height === sample.height && header.width === sample.width)
      this.channels.set(header.kind, sample.channels);
    return { channels: sample.channels, height: sample.height, width: sample.width };
  }
}

function jpegHeader(file: Uint8Array): Header | undefined {
  if (file[0] !== 0xff || file[1] !== 0xd8) return undefined;
  for (let at = 2; at + 9 < file.length && file[at] === 0xff; ) {
    const marker = file[at + 1];
    if (marker === 0xff) at++;
    else if (isFrame(marker)) {
      const components = file[at + 9];
      return { kind: `JPEG ${marker} ${components}`, height: u16(file, at + 5), width: u16(file, at + 7) };
    } else at += 2 + u16(file, at + 2);
  }
  return undefined;
}

/** Start of frame: all of 0xc0 to 0xcf but the tables and the reserved one. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function pngHeader(file: Uint8Array): Header | undefined {
  if (file.length < 33 || Buffer.from(file.subarray(1, 4)).toString('latin1') !== 'PNG') return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let hasTransparency = false;
  for (let at = 33; at + 8 <= file.length; at += 12 + view.getUint32(at)) {
    const name = Buffer.from(file.subarray(at + 4, at + 8)).toString('latin1');
    hasTransparency ||= name === 'tRNS';
    if (name === 'IDAT' || name === 'tRNS') break;
  }
  const kind = `PNG ${file[24]} ${file[25]} ${hasTransparency}`;
  return { kind, height: view.getUint32(20), width: view.getUint32(16) };
}

function u16(file: Uint8Array, at: number): number {
  return file[at] * 256 + file[at + 1];
}
