/**
 * Writes TensorBoard's event files: TFRecords of Event messages (tensorflow/core/util/event.proto and framework/summary.proto), encoded by
 * hand because the few fields used here take less space than a generated codec.
 */
import { appendFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { crc32c } from '@ae/ground/crc';
import { makeFolders } from '@ae/ground/make-folders';
import type { RgbImage } from '@ae/images/png';
import { withPath } from '../files/atomic-file';

/** Writes one event file; several in a folder, as after resuming, count as one run in TensorBoard. */
export class EventWriter {
  #waiting: Buffer[] = [];
  readonly #file: string;

  private constructor(file: string) {
    this.#file = file;
  }

  /**
   * Starts a file in `folder`. `fromStep` is the first step that will be written: TensorBoard then discards what earlier files say about
   * this and later steps.
   */
  static async open(folder: string, fromStep: number): Promise<EventWriter> {
    makeFolders(folder);
    const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, '0');
    const unique = `${process.pid}.${Math.floor(performance.now())}`;
    const writer = new EventWriter(path.join(folder, `events.out.tfevents.${seconds}.${hostname()}.${unique}`));
    writer.#addEvent(0, bytesField(3, Buffer.from('brain.Event:2')));
    // SessionLog with status START.
    writer.#addEvent(fromStep, bytesField(7, varintField(1, 1)));
    await writer.flush();
    return writer;
  }

  scalar(step: number, tag: string, value: number): void {
    const simpleValue = Buffer.alloc(5);
    simpleValue.writeUInt8((2 << 3) | 5);
    simpleValue.writeFloatLE(value, 1);
    this.#addValue(step, tag, simpleValue);
  }

  /** Adds an image as a PNG file of RGB pixels, with its size. */
  image(step: number, tag: string, png: Uint8Array, { width, height }: Pick<RgbImage, 'width' | 'height'>): void {
    // 3 is the number of channels, which TensorBoard calls color space.
    const fields = [varintField(1, height), varintField(2, width), varintField(3, 3), bytesField(4, png)];
    this.#addValue(step, tag, bytesField(4, Buffer.concat(fields)));
  }

  histogram(step: number, tag: string, values: Float32Array): void {
    this.#addValue(step, tag, bytesField(5, encodeHistogram(values)));
  }

  /** Writes the buffered events. If that fails, they remain buffered. */
  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    await appendFile(this.#file, Buffer.concat(this.#waiting)).catch((error) => {
      throw withPath(error, this.#file);
    });
    this.#waiting = [];
  }

  #addValue(step: number, tag: string, value: Buffer): void {
    const named = Buffer.concat([bytesField(1, Buffer.from(tag)), value]);
    this.#addEvent(step, bytesField(5, bytesField(1, named)));
  }

  #addEvent(step: number, what: Buffer): void {
    const wallTime = doubleField(1, Date.now() / 1000);
    this.#waiting.push(record(Buffer.concat([wallTime, varintField(2, step), what])));
  }
}

const bucketCount = 30;

/** HistogramProto: min, max, num, sum, sum of squares, and buckets of equal width. */
function encodeHistogram(values: Float32Array): Buffer {
  let [min, max, sum, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    squares += value * value;
  }
  const width = (max - min) / bucketCount || 1;
  const counts = new Float64Array(bucketCount);
  for (const value of values) counts[Math.min(bucketCount - 1, Math.floor((value - min) / width))]++;
  const limits = Float64Array.from(counts, (_, i) => min + width * (i + 1));
  const packed = (array: Float64Array) => Buffer.from(array.buffer);
  const numbers = [min, max, values.length, sum, squares].map((value, i) => doubleField(i + 1, value));
  return Buffer.concat([...numbers, bytesField(6, packed(limits)), bytesField(7, packed(counts))]);
}

/** A TFRecord: length, its masked check, data, its masked check. */
function record(data: Buffer): Buffer {
  const out = Buffer.alloc(data.length + 16);
  out.writeBigUInt64LE(BigInt(data.length));
  out.writeUInt32LE(maskedCrc(out.subarray(0, 8)), 8);
  out.set(data, 12);
  out.writeUInt32LE(maskedCrc(data), 12 + data.length);
  return out;
}

function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}

function varintField(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

function bytesField(field: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes]);
}

function doubleField(field: number, value: number): Buffer {
  const out = Buffer.alloc(9);
  out.writeUInt8((field << 3) | 1);
  out.writeDoubleLE(value, 1);
  return out;
}
