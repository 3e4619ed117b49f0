import { CliError } from '../shell/cli-error';
import { either } from '../shell/options';

/** A file format for exchanging networks. */
interface ModelFormat {
  /** The name that `--format` takes. */
  readonly name: string;
  /** Its name in a sentence. */
  readonly title: string;
  /** Extensions of its files. */
  readonly endings: readonly string[];
  /** The command's options that apply to it. */
  readonly options: readonly string[];
}

/** The formats that export-model writes. */
export const exportFormats = [
  {
    name: 'onnx',
    title: 'ONNX',
    endings: ['.onnx'],
    options: ['part', 'unpooling', 'opset', 'channelOrder', 'pixelType'],
  },
  { name: 'pytorch', title: 'PyTorch', endings: ['.safetensors'], options: [] },
  { name: 'keras', title: 'Keras', endings: ['.keras'], options: [] },
] as const satisfies readonly ModelFormat[];

/** The formats that import-model reads. */
export const importFormats = [
  {
    name: 'pytorch',
    title: 'PyTorch',
    endings: ['.safetensors'],
    options: ['size', 'pixelScale', 'channelOrder', 'preset', 'codeSize', 'coefficients', 'zones', 'variational'],
  },
  { name: 'torch7', title: 'Torch7', endings: ['.t7'], options: ['size', 'pixelScale', 'channelOrder'] },
  { name: 'keras', title: 'Keras', endings: ['.keras'], options: ['pixelScale', 'channelOrder'] },
  { name: 'tfjs', title: 'TensorFlow.js', endings: ['model.json'], options: ['pixelScale', 'channelOrder'] },
] as const satisfies readonly ModelFormat[];

/** Returns the format that was asked for, or else the one that the file's name suggests. Throws INVALID_OPTION. */
export function formatOf<T extends ModelFormat>(formats: readonly T[], file: string, wanted: string | undefined): T {
  const found = wanted
    ? formats.find(({ name }) => name === wanted)
    : formats.find(({ endings }) => endings.some((ending) => file.toLowerCase().endsWith(ending)));
  if (found) return found;
  const endings = formats.map((format) => `${format.endings.join(' or ')} (${format.title})`);
  throw new CliError(
    'INVALID_OPTION',
    `${file}: the name does not show its format; expected one that ends in ${either(endings)}.`,
  );
}

/** Throws INVALID_OPTION for an option that belongs to another format. */
export function checkFormatOptions(
  format: ModelFormat,
  formats: readonly ModelFormat[],
  given: Readonly<Record<string, unknown>>,
): void {
  for (const owner of formats) {
    const { options } = owner;
    const stray = options.find((option) => given[option] !== undefined && !format.options.includes(option));
    if (stray === undefined) continue;
    throw new CliError(
      'INVALID_OPTION',
      `${flagOf(stray)} applies to ${owner.title}, not ${format.title}; leave it out.`,
    );
  }
}

/** Returns the flag of an option. */
export function flagOf(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
