import type { OptionTable } from '../errors/option-kinds';

/** How images become those that a network takes, as a table of options; `ImageOptions` says the same. */
export const imageOptions = {
  fit: {
    kind: 'word',
    default: 'squash',
    help: 'how images get the size of the network',
    words: {
      squash: 'without regard to their aspect ratio, as ae import does',
      crop: 'what sticks out is cut off',
      fill: 'with black borders',
    },
  },
  resampler: {
    kind: 'word',
    default: 'antialiased',
    help: 'how they are resized',
    words: { antialiased: 'all pixels are averaged', bilinear: 'as cv::resize does' },
  },
  size: {
    kind: 'word',
    help: 'whose size images have, where the network takes any',
    words: { network: "the network's", own: 'their own' },
  },
  cacheBytes: {
    kind: 'number',
    min: 0,
    integer: true,
    default: 2 ** 29,
    help: 'bytes of decoded images that training keeps, so that they are not decoded again',
  },
} as const satisfies OptionTable;
