import type { OptionTable } from '../errors/option-kinds';

/** How a network sees bytes, as a table of options; `PixelFormat` is the matching type with all of them set. */
export const pixelOptions = {
  scale: {
    kind: 'number',
    min: 0,
    exclusiveMin: true,
    default: 1 / 256,
    help: 'factor that bytes are multiplied by before they enter the network (default: 1/256)',
  },
  channelOrder: {
    kind: 'word',
    default: 'rgb',
    help: 'channel order of the network',
    words: { rgb: 'red, green, blue', bgr: 'blue, green, red, as in records' },
  },
} as const satisfies OptionTable;
