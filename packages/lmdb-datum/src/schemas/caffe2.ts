/**
 * Caffe2's TensorProtos (caffe2.proto): one tensor is the image, a file in string_data, or pixels in byte_data, float_data or int32_data;
 * the next one is the label, or the first one if it precedes the image. ImageInput takes arrays as [H, W, C], blue first; floats of the
 * tutorials are [C, H, W].
 *
 *     message TensorProtos { repeated TensorProto protos = 1; }
 *     message TensorProto { repeated int64 dims = 1; DataType data_type = 2; repeated float float_data = 3; repeated int32 int32_data = 4;
 *       bytes byte_data = 5; repeated bytes string_data = 6; repeated double double_data = 9; repeated int64 int64_data = 10; ... }
 */
import { kindOfImage } from '@ae/images/kind';
import protobuf from 'protobufjs/minimal.js';
import { type Datum, imageFileDatum } from '../datum/datum';
import { describeMessage } from '../datum/value-layout';
import { type ColorOrder, colorOrders, datumOfArray } from './array-image';
import { NdArray } from './python/nd-array';
import { otherValue, type Schema, strangeRecord } from './schema';

interface Tensor {
  dims: number[];
  numbers: number[];
  bytes?: Uint8Array;
  strings: Uint8Array[];
}

const uint8Type = 6;

export const caffe2Schema: Schema = {
  name: 'caffe2',
  title: "Caffe2's TensorProtos",
  recognize: (value) => (describeMessage(value)?.startsWith('Caffe2') ? 'lists of tensors' : undefined),
  decode(value, context): Datum {
    let tensors: Tensor[];
    try {
      tensors = readTensors(value);
    } catch (cause) {
      throw otherValue("Caffe2's TensorProtos", value, context, cause);
    }
    const datums = tensors.map((tensor) => datumOf(tensor, context.variant as ColorOrder));
    const place = datums.findIndex((datum) => datum);
    const datum = datums[place];
    if (!datum) {
      const sizes = tensors.map(({ dims }) => dims.join('x') || 'no dimensions').join(' and ');
      const found = sizes ? `tensors of ${sizes}` : 'no tensor';
      throw strangeRecord('a tensor with an image', found, context);
    }
    return { ...datum, ...labelOf(tensors[place === 0 ? 1 : 0]) };
  },
  variants: () => colorOrders,
};

/** Several numbers are labels of another kind. */
function labelOf({ numbers, strings: [text] }: Tensor = { dims: [], numbers: [], strings: [] }) {
  const [number] = numbers;
  return {
    ...(numbers.length === 1 && number === (number | 0) && { label: number }),
    ...(text && { text: Buffer.from(text).toString('utf8') }),
  };
}

function datumOf({ dims, numbers, bytes, strings }: Tensor, order: ColorOrder): Datum | undefined {
  const file = strings[0] ?? bytes;
  if (file && kindOfImage(file) && dims.length < 2) return imageFileDatum(file);
  const data = bytes ?? Float32Array.from(numbers);
  if (dims.reduce((product, size) => product * size, 1) !== data.length) return undefined;
  return datumOfArray(new NdArray(bytes ? 'uint8' : 'float32', dims, data), order);
}

function readTensors(value: Uint8Array): Tensor[] {
  const reader = protobuf.Reader.create(value);
  const tensors: Tensor[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === ((1 << 3) | 2)) tensors.push(readTensor(reader.bytes()));
    else reader.skipType(tag & 7, 0, tag >>> 3);
  }
  return tensors;
}

/** How numbers are encoded, by field. */
const numberFields: Readonly<Record<number, (reader: protobuf.Reader) => number>> = {
  3: (reader) => reader.float(),
  4: (reader) => reader.int32(),
  9: (reader) => reader.double(),
  10: (reader) => Number(reader.int64()),
};

function readTensor(bytes: Uint8Array): Tensor {
  const reader = protobuf.Reader.create(bytes);
  const tensor: Tensor = { dims: [], numbers: [], strings: [] };
  let type = 0;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const [field, wire] = [tag >>> 3, tag & 7];
    const read = field === 1 ? numberFields[10] : numberFields[field];
    const into = field === 1 ? tensor.dims : tensor.numbers;
    if (read && wire === 2) for (const end = reader.uint32() + reader.pos; reader.pos < end; ) into.push(read(reader));
    else if (read) into.push(read(reader));
    else if (field === 2) type = reader.int32();
    else if (field === 5) tensor.bytes = reader.bytes();
    else if (field === 6) tensor.strings.push(reader.bytes());
    else reader.skipType(wire, 0, field);
  }
  // uint8 values may be written one by one, in int32_data.
  if (type === uint8Type && !tensor.bytes) tensor.bytes = Uint8Array.from(tensor.numbers);
  return tensor;
}
