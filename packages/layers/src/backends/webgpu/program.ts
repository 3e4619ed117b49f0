import { type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';

/**
 * The part of `WebGPUBackend` of @tensorflow/tfjs-backend-webgpu 4.22 that is used. Declared here, so that the package need not be
 * installed.
 */
export interface WebgpuBackend {
  device: WebgpuDevice;
  runWebGPUProgram(
    program: Program,
    inputs: TensorInfo[],
    outputDtype: DataType,
    uniforms?: { type: 'int32'; data: number[] }[],
    output?: TensorInfo,
  ): TensorInfo;
  read(dataId: object): Promise<unknown>;
  disposeData(dataId: object): boolean;
}

/** The part of a `GPUDevice` that is used. */
export interface WebgpuDevice {
  limits: { maxBufferSize: number; maxStorageBufferBindingSize: number };
  lost: Promise<{ reason: string; message: string }>;
  createBuffer(descriptor: { size: number }): object;
  addEventListener(type: 'uncapturederror', listener: (event: { error: Error }) => void): void;
}

interface Program {
  outputShape: number[];
  dispatchLayout: { x: number[] };
  dispatch: [number, number, number];
  workgroupSize: [number, number, number];
  variableNames: string[];
  uniforms: string;
  shaderKey: string;
  size: boolean;
  getUserCode: () => string;
}

/** One WGSL program: a body that runs once for each element of `shape`, numbered by `index`. */
export interface Shader {
  /** Identifies the shader: the same name must mean the same source, except for ranks and dtypes. */
  name: string;
  /** Shape of the threads, and of the output unless `output` is given. */
  shape: number[];
  /** Their arrays have these names in WGSL, and their shapes are `uniforms.<name>Shape`. */
  inputs: Record<string, TensorInfo>;
  /** Integers, in WGSL `uniforms.<name>`. */
  uniforms?: Record<string, number>;
  dtype: DataType;
  /** Functions that the body calls. */
  functions?: string;
  body: string;
  /** A tensor to write into. */
  output?: TensorInfo;
}

const workgroup = 64;

/** Runs a shader. The body writes `result[...]`; threads beyond the last element do not run it. */
export function runShader(backend: object, shader: Shader): TensorInfo {
  const { name, shape, inputs, uniforms = {}, dtype, functions = '', body, output } = shader;
  const program: Program = {
    outputShape: shape,
    dispatchLayout: { x: shape.map((_, axis) => axis) },
    dispatch: [Math.ceil(util.sizeFromShape(shape) / workgroup), 1, 1],
    workgroupSize: [workgroup, 1, 1],
    variableNames: Object.keys(inputs),
    uniforms: Object.keys(uniforms)
      .map((uniform) => `${uniform} : i32, `)
      .join(''),
    shaderKey: `ae_layers_${name}`,
    size: true,
    getUserCode: () => `${functions}\nfn main(index : i32) { if (index < uniforms.size) { ${body} } }`,
  };
  const data = Object.values(uniforms).map((value) => ({ type: 'int32' as const, data: [value] }));
  return (backend as WebgpuBackend).runWebGPUProgram(program, Object.values(inputs), dtype, data, output);
}
