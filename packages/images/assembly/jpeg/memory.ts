/**
 * Where the decoder keeps its tables: at the beginning of the memory, at addresses that are constants, so that they cost nothing.
 * Everything past `RESERVED_BYTES` is the caller's.
 */

/** Four `Component`s (see frame.ts). */
export const COMPONENTS: usize = 64;
export const COMPONENT_BYTES: usize = 128;
/** Components of the scan that is being read: their addresses, four u32. */
export const SCAN_COMPONENTS: usize = COMPONENTS + 4 * COMPONENT_BYTES;
/** Place of coefficient k (in zigzag order) in a block, in bytes: 208 u8, because a damaged run and the block's end lead past the last. */
export const ZIGZAG: usize = 1024;
/** One block of coefficients, 64 i16 in rows (see writeZigzag in markers.ts), and one more that damaged runs write to. */
export const BLOCK: usize = 2048;
/** What is between the two passes of the inverse DCT. */
export const PASS: usize = BLOCK + 256;
/** Factors of the inverse DCT: 20 pairs of i16. */
export const FACTORS: usize = PASS + 128;
/** Constant vectors (see vectors.ts). */
export const VECTORS: usize = 2560;
/** Four quantization tables: 64 u16, in the order of a block. */
export const QUANTIZATION: usize = 4096;
export const QUANTIZATION_BYTES: usize = 128;
/** Four Huffman tables for DC and four for AC coefficients (see huffman.ts). */
export const HUFFMAN: usize = 8192;
export const HUFFMAN_BYTES: usize = 8192 + 512;

export const RESERVED_BYTES: usize = HUFFMAN + 8 * HUFFMAN_BYTES;
