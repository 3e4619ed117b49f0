import type { OptionTable } from '../errors/option-kinds';

/** What a network sees of bytes, as a table of options; `PixelFormat` says the same with all of them. */
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
