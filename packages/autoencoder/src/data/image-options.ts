import type { OptionTable } from '../errors/option-kinds';

/** How images are converted to those that a network takes, as a table of options; `ImageOptions` is the matching type. */
export const imageOptions = {
  fit: {
    kind: 'word',
    default: 'squash',
    help: "how images are fitted to the network's size",
    words: {
      squash: 'ignoring their aspect ratio, as ae import does',
      crop: 'cropped to the aspect ratio',
      fill: 'with black borders',
    },
  },
  resampler: {
    kind: 'word',
    default: 'antialiased',
    help: 'how images are resized',
    words: { antialiased: 'averaging all pixels', bilinear: 'exactly as cv::resize' },
  },
  size: {
    kind: 'word',
    help: 'size that images are resized to, if the network takes any size',
    words: { network: "the network's", own: 'their own' },
  },
  cacheBytes: {
    kind: 'number',
    min: 0,
    integer: true,
    default: 2 ** 29,
    help: 'bytes of decoded images that training caches',
  },
} as const satisfies OptionTable;
