/** The images that methods of an Autoencoder accept, and return. */
import { ImageFolder, type RawImage } from '@ae/images';
import { type ImageUse, samplesOf } from '../data/fitted-images';
import {
  type ImageInputs,
  type ImageSource,
  type Images,
  isOneImage,
  isPicture,
  splitOptions,
  toPicture,
} from '../data/images';
import type { Sample, SampleSource } from '../data/samples';
import { type AutoencoderError, invalidOption } from '../errors/errors';
import type { MaskMode } from '../network/masks';
import type { Network } from '../network/network';
import { reconstructSamples } from '../network/reconstruct';
import type { ReconstructOptions } from './autoencoder-options';

/** An image as `reconstruct` returns it: of the same kind as its input. */
type Reconstruction = RawImage | Sample<Uint8Array>;

/** Returns images as samples that the network takes, and the options that do not concern them. */
export function takeImages<T extends object>(
  { inputShape, blocks }: Network,
  where: string,
  images: unknown,
  options: (T & ImageInputs) | undefined,
  use: Pick<ImageUse, 'keeps'> & { readonly size?: 'own' | 'network' } = {},
): [SampleSource, T | undefined] {
  const [inputs, own] = splitOptions<T>(options);
  const { images: given, onWarning } = inputs;
  if (given?.size === 'own' && !blocks) throw ownSizeAlone();
  const keepsSize = () => blocks !== undefined && (given?.size ?? use.size) === 'own';
  return [samplesOf(images, { where, inputShape, keeps: use.keeps, keepsSize, options: given, onWarning }), own];
}

function ownSizeAlone(): AutoencoderError {
  const todo = 'train a network with preset transform for any size';
  return invalidOption('images.size', "'network', because this network only takes images of its own size", 'own', todo);
}

/** Reconstructs one image or each of several: images as images, and planar samples as planar samples. */
export async function reconstructImages(
  network: Network,
  images: Images,
  options?: ReconstructOptions,
): Promise<Reconstruction | Reconstruction[]> {
  const [source, own] = takeImages<{ masks?: MaskMode }>(network, 'reconstruct', images, options, { size: 'own' });
  const samples: Sample[] = [];
  for (let i = 0; i < source.length; i++) samples.push(network.checkSample(await source.at(i), i));
  const made = await reconstructSamples(network, samples, own);
  const isOne = isOneImage(images);
  const isPictureAt = (i: number) => (isOne ? isPicture(images) : isSourceOfPictures(images as ImageSource, i));
  const all = made.map((sample, i) => (isPictureAt(i) ? toPicture({ ...sample, ...namesOf(samples[i]) }) : sample));
  return isOne ? all[0] : all;
}

/** The name of an image, for its reconstruction. */
function namesOf({ label, key }: Sample): Pick<Sample, 'label' | 'key'> {
  return { ...(label !== undefined && { label }), ...(key !== undefined && { key }) };
}

/** Tells whether an element of a source is an image rather than a sample: for a folder this is known, and arrays are inspected. */
function isSourceOfPictures(source: ImageSource, i: number): boolean {
  return ImageFolder.isImageFolder(source) || (Array.isArray(source) && isPicture(source[i]));
}
