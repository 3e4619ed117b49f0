/**
 * SSD's AnnotatedDatum (weiliu89/caffe, create_annoset), proto2:
 *
 *     message AnnotatedDatum { Datum datum = 1; AnnotationType type = 2; repeated AnnotationGroup annotation_group = 3; }
 *     message AnnotationGroup { int32 group_label = 1; repeated Annotation annotation = 2; }
 *     message Annotation { int32 instance_id = 1; NormalizedBBox bbox = 2; }
 *     message NormalizedBBox { float xmin = 1, ymin = 2, xmax = 3, ymax = 4; int32 label = 5; bool difficult = 6; ... }
 */
import protobuf from 'protobufjs/minimal.js';
import { type BoundingBox, hasPixels } from '../datum/datum';
import { decodeDatum } from '../datum/decode';
import { describeMessage } from '../datum/value-layout';
import { otherValue, type Schema } from './schema';

const bytesOf = (field: number) => (field << 3) | 2;
const intOf = (field: number) => field << 3;
const floatOf = (field: number) => (field << 3) | 5;

export const annotatedDatumSchema: Schema = {
  name: 'annotated-datum',
  title: "SSD's AnnotatedDatums",
  recognize: (value) =>
    describeMessage(value)?.startsWith('an AnnotatedDatum') ? 'a Datum as the first field' : undefined,
  decode(value, context) {
    const boxes: BoundingBox[] = [];
    let datum: Uint8Array | undefined;
    try {
      readFields(value, (tag, reader) => {
        if (tag === bytesOf(1)) datum = reader.bytes();
        else if (tag === bytesOf(3)) boxes.push(...readGroup(reader.bytes()));
        else return false;
        return true;
      });
    } catch (cause) {
      throw otherValue('an AnnotatedDatum', value, context, cause);
    }
    if (!datum) throw otherValue('an AnnotatedDatum', value, context);
    const { label, ...image } = decodeDatum(datum, context.key);
    if (!hasPixels(image as never)) throw otherValue('an AnnotatedDatum with an image', value, context);
    // create_annoset writes -1 if the classes are those of the boxes.
    return { ...image, label: label === -1 ? undefined : label, boxes };
  },
};

function readFields(bytes: Uint8Array, take: (tag: number, reader: protobuf.Reader) => boolean): void {
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (!take(tag, reader)) reader.skipType(tag & 7, 0, tag >>> 3);
  }
}

function readGroup(bytes: Uint8Array): BoundingBox[] {
  let label = 0;
  const boxes: Omit<BoundingBox, 'label'>[] = [];
  readFields(bytes, (tag, reader) => {
    if (tag === intOf(1)) label = reader.int32();
    else if (tag === bytesOf(2)) boxes.push(...readAnnotation(reader.bytes()));
    else return false;
    return true;
  });
  return boxes.map((box) => ({ label, ...box }));
}

/** Returns the box of an annotation; undefined if it has none. */
function readAnnotation(bytes: Uint8Array): Omit<BoundingBox, 'label'>[] {
  let instance = 0;
  let box: Omit<BoundingBox, 'label' | 'instance'> | undefined;
  readFields(bytes, (tag, reader) => {
    if (tag === intOf(1)) instance = reader.int32();
    else if (tag === bytesOf(2)) box = readBox(reader.bytes());
    else return false;
    return true;
  });
  return box ? [{ instance, ...box }] : [];
}

const sides: Readonly<Record<number, 'xmin' | 'ymin' | 'xmax' | 'ymax'>> = {
  ...{ [floatOf(1)]: 'xmin', [floatOf(2)]: 'ymin', [floatOf(3)]: 'xmax', [floatOf(4)]: 'ymax' },
};

function readBox(bytes: Uint8Array): Omit<BoundingBox, 'label' | 'instance'> {
  const box = { xmin: 0, ymin: 0, xmax: 0, ymax: 0, difficult: false };
  readFields(bytes, (tag, reader) => {
    const side = sides[tag];
    if (side) box[side] = reader.float();
    else if (tag === intOf(6)) box.difficult = reader.bool();
    else return false;
    return true;
  });
  return box;
}
