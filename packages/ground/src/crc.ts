import zlib from 'node:zlib';

/** Computes a 32-bit cyclic redundancy check of bytes, or of bytes that follow others whose check is `before`. */
type Crc = (bytes: Uint8Array, before?: number) => number;

/** Makes a check for a polynomial in reversed bit order. */
function makeCrc(polynomial: number): Crc {
  const table = Uint32Array.from({ length: 256 }, (_, i) => {
    let value = i;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    return value;
  });
  return (bytes, before = 0) => {
    let crc = before ^ 0xffffffff;
    for (const byte of bytes) crc = table[(crc ^ byte) & 0xff] ^ (crc >>> 8);
    return (crc ^ 0xffffffff) >>> 0;
  };
}

/** The check used by PNG, zip and Ethernet. zlib has had it since Node.js 20.15 and is several times faster. */
export const crc32: Crc = zlib.crc32 ?? makeCrc(0xedb88320);

/** Castagnoli's check, used by TFRecord files. */
export const crc32c = /* @__PURE__ */ makeCrc(0x82f63b78);
