/** JPEGs without an end marker: nothing else may be missing, or they are truncated. */
import { isFrameMarker } from '../kind/jpeg';

const SOS = 0xda;
const EOI = 0xd9;
const PROGRESSIVE = 0xc2;

/** Returns a JPEG with an end marker, which is added if there is none after its last scan. Anything may follow it. */
export function withEnd(file: Uint8Array): Uint8Array {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const end = Buffer.from([0xff, EOI]);
  const hasEnd = bytes.lastIndexOf(end) > bytes.lastIndexOf(Buffer.from([0xff, SOS]));
  return hasEnd ? file : Buffer.concat([file, end]);
}

/**
 * Returns false if scans of a progressive file are missing; such a file refines each coefficient bit by bit, so that decoders do not notice
 * if it was truncated between two scans.
 */
export function hasAllScans(file: Uint8Array): boolean {
  let isProgressive = false;
  let components = 0;
  const complete = new Set<number>();
  for (let at = 2; at + 4 < file.length; ) {
    const marker = file[at + 1];
    // Entropy-coded data, including stuffed zeros and restart markers.
    const isMarker = file[at] === 0xff && marker !== 0 && marker !== 0xff && (marker < 0xd0 || marker > EOI);
    if (!isMarker) {
      at++;
      continue;
    }
    if (isFrameMarker(marker)) {
      isProgressive = marker === PROGRESSIVE;
      components = file[at + 9] ?? 0;
    }
    if (marker === SOS) noteScan(file.subarray(at + 4), complete);
    at += 2 + (file[at + 2] << 8) + file[at + 3];
  }
  return !isProgressive || complete.size === 64 * components;
}

/** Records the coefficients whose last bit a scan contains. */
function noteScan(header: Uint8Array, complete: Set<number>): void {
  const count = header[0] ?? 0;
  const spectrum = 1 + 2 * count;
  const [first = 0, last = 0, bits = 0] = header.subarray(spectrum, spectrum + 3);
  if ((bits & 15) !== 0) return;
  for (let i = 0; i < count; i++) {
    for (let k = first; k <= Math.min(last, 63); k++) complete.add(64 * (header[1 + 2 * i] ?? 0) + k);
  }
}
