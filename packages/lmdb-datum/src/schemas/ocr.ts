/**
 * Text recognition benchmarks (MJSynth, SynthText, IIIT5K ... in the form of CRNN and deep-text-recognition-benchmark): image files under
 * `image-%09d`, their text under `label-%09d`, and the count in digits under `num-samples`. TextZoom has several images per text:
 * `image_hr-%09d` and `image_lr-%09d`.
 */
import { kindOfImage } from '@ae/images/kind';
import { decodeImageFile } from './image-files';
import { countInDigits, type Lookup, type Schema } from './schema';

const keyPattern = /^((?:image|img)[a-z_]*)-(\d+)$/;

export const ocrSchema: Schema = {
  name: 'ocr',
  title: 'image files with their text, as in OCR benchmarks',
  sideKeys: ['num-samples', 'nSamples'],
  recognize(value, key, { get }) {
    const number = keyPattern.exec(key)?.[2];
    if (number === undefined || !kindOfImage(value)) return undefined;
    const isWhole = get(`label-${number}`) || get('num-samples');
    return isWhole ? 'keys of image-number, beside label-number or num-samples' : undefined;
  },
  decode(value, context) {
    const datum = decodeImageFile(value, context);
    const number = keyPattern.exec(context.key ?? '')?.[2];
    const text = number === undefined ? undefined : context.lookup?.get(`label-${number}`);
    return text ? { ...datum, text: Buffer.from(text).toString('utf8') } : datum;
  },
  isImageKey: (key, variant) => keyPattern.exec(key)?.[1] === variant,
  variants(lookup) {
    const choices = kindsIn(lookup);
    const chosen = choices.includes('image') ? 'image' : choices[0];
    return chosen === undefined ? undefined : { choices, chosen, say: (kind) => `images named ${kind}-number` };
  },
  countSaid: (lookup) => countInDigits('num-samples', lookup),
};

/** The names of images before their numbers. */
function kindsIn({ keyFrom }: Lookup): string[] {
  const kinds: string[] = [];
  for (let key = keyFrom('im'); key?.startsWith('im'); ) {
    const kind = keyPattern.exec(key)?.[1];
    if (kind !== undefined) kinds.push(kind);
    key = keyFrom(kind === undefined ? `${key}\0` : `${kind}.`);
  }
  return kinds;
}
