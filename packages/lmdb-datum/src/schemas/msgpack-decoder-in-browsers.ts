/** The decoder of MessagePack for the browser build, which is one file. */
import { decode } from '@msgpack/msgpack';

export const loadDecoder = () => decode;
