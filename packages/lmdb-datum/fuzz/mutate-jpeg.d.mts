export function mutateJpeg(bytes: Uint8Array, seed: number): Buffer;
