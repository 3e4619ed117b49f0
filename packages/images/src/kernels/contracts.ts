/** The exports of the assembly's kernels. Addresses are byte offsets in the memory that they share. */

/** See assembly/jpeg/index.ts for the contract. */
export interface JpegKernels {
  reservedBytes(): number;
  start(): void;
  open(file: number, length: number): number;
  imageHeight(): number;
  imageWidth(): number;
  mayBeTurned(): 0 | 1;
  workBytes(): number;
  spareBytes(): number;
  decode(work: number, image: number, kind: number, top: number, left: number, rows: number, columns: number): 0 | 1;
  decodeAlongRows(
    work: number,
    image: number,
    top: number,
    left: number,
    rows: number,
    columns: number,
    width: number,
    windows: number,
    weights: number,
    groups: number,
    scratch: number,
  ): 0 | 1;
  decodeFloats(
    work: number,
    out: number,
    top: number,
    left: number,
    rows: number,
    columns: number,
    height: number,
    width: number,
    mirror: 0 | 1,
    mean0: number,
    mean1: number,
    mean2: number,
    scale: number,
    scratch: number,
  ): 0 | 1;
  decodeBilinear(
    work: number,
    image: number,
    kind: number,
    top: number,
    left: number,
    rows: number,
    columns: number,
    height: number,
    width: number,
    scratch: number,
  ): 0 | 1;
}

/** See assembly/pixels.ts and assembly/bilinear.ts for the contract. */
export interface PixelKernels {
  bilinear(
    src: number,
    srcWidth: number,
    srcHeight: number,
    channels: number,
    dst: number,
    dstWidth: number,
    dstHeight: number,
    scratch: number,
  ): void;
  alongRows(
    src: number,
    srcWidth: number,
    height: number,
    channels: number,
    dst: number,
    dstWidth: number,
    windows: number,
    weights: number,
    most: number,
  ): void;
  alongColumns(
    src: number,
    rowBytes: number,
    dst: number,
    dstHeight: number,
    windows: number,
    weights: number,
    most: number,
  ): void;
  planarBgr(src: number, count: number, dst: number): void;
  halve(src: number, srcWidth: number, channels: number, dst: number, dstWidth: number, dstHeight: number): void;
  planesOfPixels(src: number, count: number, dst: number): void;
}

/** See assembly/pack.ts for the contract. */
export interface PackKernels {
  interleaveU8(
    p0: number,
    p1: number,
    p2: number,
    stride: number,
    width: number,
    rows: number,
    mirror: 0 | 1,
    dst: number,
  ): void;
  interleaveF32(
    p0: number,
    p1: number,
    p2: number,
    stride: number,
    width: number,
    rows: number,
    mirror: 0 | 1,
    dst: number,
    mean0: number,
    mean1: number,
    mean2: number,
    scale: number,
  ): void;
  planeF32(
    plane: number,
    stride: number,
    width: number,
    rows: number,
    mirror: 0 | 1,
    dst: number,
    mean: number,
    scale: number,
  ): void;
}
