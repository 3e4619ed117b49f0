/** The MessagePack decoder for the browser build, which is a single file. */
import { decode } from '@msgpack/msgpack';

export const loadDecoder = () => decode;
