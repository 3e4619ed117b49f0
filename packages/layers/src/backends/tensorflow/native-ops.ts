import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';

/**
 * The part of `NodeJSKernelBackend` of @tensorflow/tfjs-node 4.22 that is used. Declared here, so that the package need not be installed.
 */
export interface NodeBackend {
  binding: NodeBinding;
  isUsingGpuDevice: boolean;
  getInputTensorIds(tensors: TensorInfo[]): number[];
  createOutputTensor(metadata: OutputMetadata): TensorInfo;
  tensorMap: { get(dataId: object): { id: number } };
}

interface NodeBinding {
  TF_FLOAT: number;
  TF_INT32: number;
  TF_INT64: number;
  TF_BOOL: number;
  TF_ATTR_TYPE: number;
  TF_ATTR_INT: number;
  TF_ATTR_BOOL: number;
  TF_ATTR_STRING: number;
  TF_ATTR_SHAPE: number;
  createTensor(shape: number[], dtype: number, values: Float32Array | Int32Array): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  executeOp(name: string, attrs: OpAttr[], inputs: number[], outputs: number): OutputMetadata[];
}

interface OutputMetadata {
  id: number;
  shape: number[];
  dtype: number;
}

interface OpAttr {
  name: string;
  type: number;
  value: unknown;
}

/** The dtypes of TensorFlow that are used. */
export type NativeDtype = 'float32' | 'int32' | 'int64' | 'bool';

/** Attributes of an op, by kind. */
export interface OpAttrs {
  types?: Record<string, NativeDtype>;
  ints?: Record<string, number | number[]>;
  bools?: Record<string, boolean>;
  strings?: Record<string, string>;
  shapes?: Record<string, number[]>;
}

/** A TensorFlow tensor, identified by a number. */
export type TensorId = number;

/**
 * Runs ops of TensorFlow on tensor ids and frees intermediate results.
 *
 * tfjs-node's own `executeSingleOutput` makes a TensorFlow.js tensor of every intermediate result, and prints a warning for each int64.
 */
export class NativeOps {
  private readonly temporaries = new Set<TensorId>();

  private constructor(private readonly backend: NodeBackend) {}

  /** Calls `body`, whose results are tensors from {@link output}, and frees all other tensors created in it. */
  static run<T>(backend: object, body: (ops: NativeOps) => T): T {
    const ops = new NativeOps(backend as NodeBackend);
    try {
      return body(ops);
    } finally {
      for (const id of ops.temporaries) ops.backend.binding.deleteTensor(id);
    }
  }

  /** Returns the id of a kernel's input, which belongs to TensorFlow.js. */
  input(tensor: TensorInfo): TensorId {
    return this.backend.getInputTensorIds([tensor])[0];
  }

  /** Creates a tensor from int32 values. */
  int32(values: ArrayLike<number>, shape: number[] = [values.length]): TensorId {
    const { binding } = this.backend;
    return this.own(binding.createTensor(shape, binding.TF_INT32, Int32Array.from(values)));
  }

  /** Creates a scalar. */
  scalar(value: number, dtype: 'float32' | 'int32'): TensorId {
    const { binding } = this.backend;
    if (dtype === 'int32') return this.int32([value], []);
    return this.own(binding.createTensor([], binding.TF_FLOAT, Float32Array.of(value)));
  }

  /** Runs an op with one output. */
  op(name: string, inputs: TensorId[], attrs: OpAttrs = {}): TensorId {
    return this.ops(name, inputs, attrs, 1)[0];
  }

  /** Runs an op with several outputs. */
  ops(name: string, inputs: TensorId[], attrs: OpAttrs, outputs: number): TensorId[] {
    const results = this.backend.binding.executeOp(name, this.encode(attrs), inputs, outputs);
    return results.map(({ id }) => this.own(id));
  }

  /** Gives a tensor another shape of the same size. */
  reshape(id: TensorId, shape: number[], dtype: NativeDtype): TensorId {
    return this.op('Reshape', [id, this.int32(shape)], { types: { T: dtype, Tshape: 'int32' } });
  }

  /** Fills a tensor with one value. */
  fill(shape: number[], value: number, dtype: 'float32' | 'int32'): TensorId {
    const attrs: OpAttrs = { types: { T: dtype, index_type: 'int32' } };
    return this.op('Fill', [this.int32(shape), this.scalar(value, dtype)], attrs);
  }

  /** Repeats dimensions of size 1. */
  broadcast(id: TensorId, shape: number[], dtype: NativeDtype): TensorId {
    return this.op('BroadcastTo', [id, this.int32(shape)], { types: { T: dtype, Tidx: 'int32' } });
  }

  /** Frees an intermediate result early, to save memory. */
  free(...ids: TensorId[]): void {
    for (const id of ids) {
      if (this.temporaries.delete(id)) this.backend.binding.deleteTensor(id);
    }
  }

  /** Reads values synchronously. */
  read(id: TensorId): ArrayLike<number> {
    return this.backend.binding.tensorDataSync(id);
  }

  /** Keeps an intermediate result from being freed: from here on it belongs to the caller. */
  take(id: TensorId): TensorId {
    this.temporaries.delete(id);
    return id;
  }

  /** Hands a result over to TensorFlow.js, with a shape of the same size. */
  output(id: TensorId, shape: number[], dtype: DataType): TensorInfo {
    const result = this.reshape(id, shape, dtype as NativeDtype);
    return this.backend.createOutputTensor({ id: this.take(result), shape, dtype: this.dtype(dtype as NativeDtype) });
  }

  private own(id: TensorId): TensorId {
    this.temporaries.add(id);
    return id;
  }

  private dtype(dtype: NativeDtype): number {
    const { binding } = this.backend;
    return { float32: binding.TF_FLOAT, int32: binding.TF_INT32, int64: binding.TF_INT64, bool: binding.TF_BOOL }[
      dtype
    ];
  }

  private encode({ types = {}, ints = {}, bools = {}, strings = {}, shapes = {} }: OpAttrs): OpAttr[] {
    const { binding } = this.backend;
    const entries = (record: Record<string, unknown>, type: number) =>
      Object.entries(record).map(([name, value]) => ({ name, type, value }));
    return [
      ...Object.entries(types).map(([name, dtype]) => ({ name, type: binding.TF_ATTR_TYPE, value: this.dtype(dtype) })),
      ...entries(ints, binding.TF_ATTR_INT),
      ...entries(bools, binding.TF_ATTR_BOOL),
      ...entries(strings, binding.TF_ATTR_STRING),
      ...entries(shapes, binding.TF_ATTR_SHAPE),
    ];
  }
}
