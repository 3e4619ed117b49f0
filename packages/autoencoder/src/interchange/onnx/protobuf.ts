/**
 * Writes ONNX's protobuf messages (onnx.proto of the `onnx` project) with protobufjs's wire writer. The weights are not copied: a file is a
 * list of parts, written one after the other.
 */
import protobuf from 'protobufjs/minimal.js';

type Writer = protobuf.Writer;

/** Numbers of element types in TensorProto. */
export const elementTypes = { float32: 1, uint8: 2, int32: 6, int64: 7 } as const;
export type ElementType = keyof typeof elementTypes;

export type Attribute = number | readonly number[] | string | { readonly float: number };

export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface OnnxTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Little-endian values. */
  readonly bytes: Uint8Array;
}

/** An input or output; text in its shape names a variable dimension. */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
  readonly help: string;
}

export interface OnnxModel {
  readonly name: string;
  readonly opset: number;
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Wire types. */
const [varint, bytes, fixed32] = [0, 2, 5];
/** Kinds of attributes in AttributeProto. */
const kinds = { float: 1, int: 2, string: 3, ints: 7 };

/** Returns a model as the bytes of its file, in parts. */
export function encodeModel(model: OnnxModel): Uint8Array[] {
  const head = new Message();
  for (const node of model.nodes) head.message(1, (to) => writeNode(to, node));
  head.text(2, model.name);
  const tail = new Message();
  for (const value of model.inputs) tail.message(11, (to) => writeValue(to, value));
  for (const value of model.outputs) tail.message(12, (to) => writeValue(to, value));
  const graph = [head.finish(), ...model.tensors.flatMap(encodeTensor), tail.finish()];
  const whole = new Message();
  // The oldest version of the file format that has the operators.
  whole.int(1, model.opset >= 21 ? 10 : model.opset >= 19 ? 9 : model.opset >= 15 ? 8 : 7);
  whole.text(2, '@ae/autoencoder');
  whole.message(8, (to) => to.text(1, '').int(2, model.opset));
  for (const [key, value] of Object.entries(model.metadata)) {
    whole.message(14, (to) => to.text(1, key).text(2, value));
  }
  const length = graph.reduce((sum, part) => sum + part.length, 0);
  return [whole.finish(), prefix(7, length), ...graph];
}

/** A message that is being written, field by field. */
class Message {
  readonly #writer: Writer = protobuf.Writer.create();

  int(field: number, value: number): this {
    this.#writer.uint32((field << 3) | varint).int64(value);
    return this;
  }

  float(field: number, value: number): this {
    this.#writer.uint32((field << 3) | fixed32).float(value);
    return this;
  }

  text(field: number, value: string): this {
    this.#writer.uint32((field << 3) | bytes).string(value);
    return this;
  }

  message(field: number, write: (to: Message) => void): this {
    const inner = new Message();
    write(inner);
    this.#writer.uint32((field << 3) | bytes).bytes(inner.finish());
    return this;
  }

  finish(): Uint8Array {
    return this.#writer.finish();
  }
}

/** Returns what precedes a field of this many bytes. */
function prefix(field: number, length: number): Uint8Array {
  return protobuf.Writer.create()
    .uint32((field << 3) | bytes)
    .uint32(length)
    .finish();
}

function encodeTensor({ name, type, shape, bytes: values }: OnnxTensor): Uint8Array[] {
  const fields = new Message();
  for (const size of shape) fields.int(1, size);
  fields.int(2, elementTypes[type]).text(8, name);
  const own = [fields.finish(), prefix(9, values.length), values];
  const length = own.reduce((sum, part) => sum + part.length, 0);
  return [prefix(5, length), ...own];
}

function writeNode(to: Message, { op, name, inputs, outputs, attributes }: OnnxNode): void {
  for (const input of inputs) to.text(1, input);
  for (const output of outputs) to.text(2, output);
  to.text(3, name).text(4, op);
  for (const [key, value] of Object.entries(attributes))
    to.message(5, (inner) => writeAttribute(inner.text(1, key), value));
}

function writeAttribute(to: Message, value: Attribute): void {
  if (typeof value === 'number') to.int(3, value).int(20, kinds.int);
  else if (typeof value === 'string') to.text(4, value).int(20, kinds.string);
  else if ('float' in value) to.float(2, value.float).int(20, kinds.float);
  else {
    for (const each of value) to.int(8, each);
    to.int(20, kinds.ints);
  }
}

function writeValue(to: Message, { name, type, shape, help }: OnnxValue): void {
  const writeShape = (inner: Message) => {
    for (const size of shape) {
      inner.message(1, (dimension) => (typeof size === 'number' ? dimension.int(1, size) : dimension.text(2, size)));
    }
  };
  const writeType = (inner: Message) => inner.int(1, elementTypes[type]).message(2, writeShape);
  to.text(1, name).message(2, (inner) => inner.message(1, writeType));
  to.text(3, help);
}
