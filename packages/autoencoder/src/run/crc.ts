/** Makes a function that computes a 32-bit cyclic redundancy check, for a polynomial in reversed bit order. */
function makeCrc(polynomial: number): (bytes: Uint8Array) => number {
  const table = Uint32Array.from({ length: 256 }, (_, i) => {
    let value = i;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    return value;
  });
  return (bytes) => {
    let crc = 0xffffffff;
    for (const byte of bytes) crc = table[(crc ^ byte) & 0xff] ^ (crc >>> 8);
    return (crc ^ 0xffffffff) >>> 0;
  };
}

/** The check of PNG, zip and Ethernet. */
export const crc32 = makeCrc(0xedb88320);

/** Castagnoli's, which TFRecord files have. */
export const crc32c = makeCrc(0x82f63b78);
