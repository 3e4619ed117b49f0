import { type PixelFormat, resolvePixels } from '../../data/pixels';
import type { Place } from './place';

/** What a saved model must know besides its network; stored as userDefinedMetadata of model.json. */
export interface ModelMetadata {
  readonly version: 1;
  readonly pixels: PixelFormat;
  /** The checksum of the weights, if there is no other place for it. */
  readonly crc32?: string;
}

/** The field of userDefinedMetadata that contains it. */
export const metadataKey = 'ae';

/** Values beyond these would turn bytes into infinities or zeros. */
const scales = { min: 1e-12, max: 1e12 };

/** Reads the metadata of a saved model. Throws MODEL_INVALID. */
export function readMetadata(userDefined: unknown, place: Place): ModelMetadata {
  const metadata = (userDefined as Record<string, unknown> | null | undefined)?.[metadataKey];
  const version = (metadata as { version?: unknown } | null | undefined)?.version;
  if (version !== 1) {
    const received = metadata
      ? `version ${JSON.stringify(version)}; install a newer @ae/autoencoder`
      : 'another tfjs model; save it from an Autoencoder';
    throw place.error(`expected an autoencoder saved by @ae/autoencoder (format version 1), received ${received}`);
  }
  const at = place.at('userDefinedMetadata').at(metadataKey).at('pixels');
  const { scale, channelOrder, ...others } = at.object((metadata as Record<string, unknown>).pixels);
  if (!(typeof scale === 'number' && scale >= scales.min && scale <= scales.max)) {
    throw at.at('scale').unlike(`a number from ${scales.min} to ${scales.max}`, scale);
  }
  if (channelOrder !== 'rgb' && channelOrder !== 'bgr')
    throw at.at('channelOrder').unlike('"rgb" or "bgr"', channelOrder);
  const [other] = Object.keys(others);
  if (other !== undefined) throw at.error(`expected scale and channelOrder, received also ${JSON.stringify(other)}`);
  const { crc32 } = metadata as { crc32?: unknown };
  if (crc32 !== undefined && !(typeof crc32 === 'string' && /^[0-9a-f]{8}$/.test(crc32))) {
    throw place.at('userDefinedMetadata').at(metadataKey).at('crc32').unlike('eight hexadecimal digits', crc32);
  }
  return { version, pixels: resolvePixels({ scale, channelOrder }), ...(crc32 !== undefined && { crc32 }) };
}
