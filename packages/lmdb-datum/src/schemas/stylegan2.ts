/**
 * StyleGAN2 by rosinality and its variants: image files of one or more sizes under `{size}-{index:05d}`, and their count in digits under
 * `length`. All sizes contain the same images, so one of them is read.
 */
import { kindOfImage } from '@ae/images/kind';
import { decodeImageFile } from './image-files';
import { countInDigits, type Lookup, type Schema } from './schema';

const keyPattern = /^(\d+)-\d{5,}$/;

export const stylegan2Schema: Schema = {
  name: 'stylegan2',
  title: 'image files, as in StyleGAN2',
  sideKeys: ['length'],
  recognize: (value, key, { get }) =>
    keyPattern.test(key) && kindOfImage(value) && get('length') ? 'keys of size-index, beside length' : undefined,
  decode: (value, context) => decodeImageFile(value, context),
  isImageKey: (key, variant) => keyPattern.exec(key)?.[1] === variant,
  variants(lookup) {
    const choices = sizesIn(lookup);
    const chosen = choices.at(-1);
    return chosen === undefined ? undefined : { choices, chosen, say: (size) => `images with sides of ${size} pixels` };
  },
  countSaid: (lookup) => countInDigits('length', lookup),
};

/** Returns the sizes from small to large: each is found by skipping the keys of the previous one. */
function sizesIn({ keyFrom }: Lookup): string[] {
  const sizes: string[] = [];
  for (let key = keyFrom('0'); key !== undefined && key < ':'; ) {
    const size = keyPattern.exec(key)?.[1];
    if (size !== undefined) sizes.push(size);
    // A dot comes after the dash.
    key = keyFrom(size === undefined ? `${key}\0` : `${size}.`);
  }
  return sizes.sort((a, b) => Number(a) - Number(b));
}
