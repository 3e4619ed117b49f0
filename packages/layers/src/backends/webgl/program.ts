import { type DataType, env, type TensorInfo } from '@tensorflow/tfjs-core';
import { MissingKernelError, ShapeError } from '../../errors';

/**
 * The part of `MathBackendWebGL` of @tensorflow/tfjs-backend-webgl 4.22 that is used. Declared here, so that the package need not be
 * installed.
 */
export interface WebglBackend {
  runWebGLProgram(program: Program, inputs: TensorInfo[], outputDtype: DataType): TensorInfo;
  disposeIntermediateTensorInfo(info: TensorInfo): void;
}

interface Program {
  variableNames: string[];
  outputShape: number[];
  userCode: string;
  packedInputs: boolean;
  packedOutput: boolean;
}

/** One GLSL program, whose `main` runs once for each element of `shape`. */
export interface Shader {
  shape: number[];
  /** `get<Name>(...)` reads them in GLSL, always as floats. */
  inputs: Record<string, TensorInfo>;
  dtype: DataType;
  /** Integers that are constants in GLSL. A new value compiles a new program. */
  constants: Record<string, number>;
  /** Functions, including `main`, which calls `setOutput`. */
  code: string;
  /** Reads and writes four elements at once. */
  packed?: boolean;
}

/** Runs a shader. */
export function runShader(
  backend: object,
  { shape, inputs, dtype, constants, code, packed = false }: Shader,
): TensorInfo {
  const declarations = Object.entries(constants).map(([name, value]) => `const int ${name} = ${value};`);
  const program: Program = {
    variableNames: Object.keys(inputs),
    outputShape: shape,
    userCode: `${declarations.join('\n')}\n${code}`,
    packedInputs: packed,
    packedOutput: packed,
  };
  return (backend as WebglBackend).runWebGLProgram(program, Object.values(inputs), dtype);
}

/** Integers up to here are exact in textures, which contain float32 whatever a tensor's dtype. */
const mostPositions = 2 ** 24;

/**
 * Checks that indices of this many positions are exact on this GPU.
 *
 * @throws MissingKernelError `MISSING_KERNEL`, ShapeError `SHAPE_MISMATCH`
 */
export function checkPositions(where: string, positions: number): void {
  if (env().getNumber('WEBGL_VERSION') < 2 || !env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')) {
    throw new MissingKernelError({
      where,
      state: 'this GPU lacks WebGL 2 with 32-bit float textures, without which indices would be wrong',
      todo: 'choose the backend "wasm"',
    });
  }
  if (positions <= mostPositions) return;
  throw new ShapeError({
    where,
    expected: `at most ${mostPositions} positions to index, the most that the float textures of the backend "webgl" can represent`,
    received: `${positions}`,
    todo: 'choose smaller images or another backend',
  });
}
