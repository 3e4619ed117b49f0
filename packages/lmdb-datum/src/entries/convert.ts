/** Makes databases from image files, without the code for reading them: it loads faster. */
import type { ConvertReport } from '../convert/convert-imageset';
import type { ConvertOptions } from '../convert/options';

export type { ConvertReport } from '../convert/convert-imageset';
export type { ImageClass, OddLabel } from '../convert/image-file';
export type { SkippedImage } from '../convert/journal';
export type { ConvertOptions, ConvertProgress } from '../convert/options';
export { startConvertThreads } from '../convert/threads-ahead';

/** Does the same as `convertImageset` of the whole package, which it loads when it is called: threads start before that. */
export async function convertImageset(options: ConvertOptions): Promise<ConvertReport> {
  const convert = await load();
  return convert(options);
}

/** Loads and compiles what `convertImageset` needs, for programs that have time for it before they call it. */
export async function prepareConvert(): Promise<void> {
  const [{ imageKernels }] = await Promise.all([import('@ae/images/threads'), load()]);
  imageKernels();
}

async function load(): Promise<typeof convertImageset> {
  const [conversion] = await Promise.all([import('../convert/convert-imageset'), import('../convert/threads')]);
  return conversion.convertImageset;
}
