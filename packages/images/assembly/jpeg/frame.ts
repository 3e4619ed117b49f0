/** The frame that is being decoded: what its header says, and the components' planes. */
import { COMPONENT_BYTES, COMPONENTS, SCAN_COMPONENTS } from './memory';

/** A color component, at a constant place in memory. */
@unmanaged
export class Component {
  id: i32;
  /** Sampling factors. */
  horizontal: i32;
  vertical: i32;
  /** Size in samples, without padding. */
  width: i32;
  height: i32;
  /** Number of its quantization table, and, once a scan has begun, the addresses of its tables. */
  quantization: i32;
  steps: usize;
  dcTable: usize;
  acTable: usize;
  /** The last block's DC coefficient. */
  prediction: i32;
  /** Address of its samples, padded to whole MCUs, and bytes in a row. */
  plane: usize;
  stride: i32;
  /** Blocks that the wanted pixels depend on: rows and columns `[first, end)`. */
  firstRow: i32;
  endRow: i32;
  firstColumn: i32;
  endColumn: i32;
  isScanned: bool;
}

export let width: i32 = 0;
export let height: i32 = 0;
export let componentCount: i32 = 0;
/** The largest sampling factors: an MCU has this many blocks of luma. */
export let mostHorizontal: i32 = 0;
export let mostVertical: i32 = 0;

export function componentAt(i: i32): Component {
  return changetype<Component>(COMPONENTS + <usize>i * COMPONENT_BYTES);
}

/** Component `i` of the scan that is being read. */
export function scanComponent(i: i32): Component {
  return changetype<Component>(load<usize>(SCAN_COMPONENTS + 4 * i));
}

export function clearFrame(): void {
  width = 0;
  height = 0;
  componentCount = 0;
}

/** Number of MCUs in a row and in a column. */
export function mcuColumns(): i32 {
  return ceilDivide(width, 8 * mostHorizontal);
}

export function mcuRows(): i32 {
  return ceilDivide(height, 8 * mostVertical);
}

export function ceilDivide(a: i32, b: i32): i32 {
  return (a + b - 1) / b;
}

/**
 * Reads a frame header (after its length), for frames that this decoder does: 8 bits, gray, or color whose luma has one or two
 * samples a chroma sample each way.
 */
export function readFrameHeader(at: usize, length: i32): bool {
  if (componentCount !== 0 || length < 6 || load<u8>(at) !== 8) return false;
  height = ((<i32>load<u8>(at, 1)) << 8) | load<u8>(at, 2);
  width = ((<i32>load<u8>(at, 3)) << 8) | load<u8>(at, 4);
  const count: i32 = load<u8>(at, 5);
  if (width === 0 || height === 0 || (count !== 1 && count !== 3) || length !== 6 + 3 * count) return false;
  componentCount = count;
  for (let i = 0; i < count; i++) {
    const component = componentAt(i);
    const entry = at + 6 + 3 * i;
    component.id = load<u8>(entry);
    // The only component of a frame is its largest, whatever its factors are.
    component.horizontal = count === 1 ? 1 : load<u8>(entry, 1) >> 4;
    component.vertical = count === 1 ? 1 : load<u8>(entry, 1) & 15;
    component.isScanned = false;
    const table = load<u8>(entry, 2);
    if (table > 3) return false;
    component.quantization = table;
  }
  const luma = componentAt(0);
  mostHorizontal = luma.horizontal;
  mostVertical = luma.vertical;
  if (mostHorizontal < 1 || mostHorizontal > 2 || mostVertical < 1 || mostVertical > 2) return false;
  for (let i = 0; i < count; i++) {
    const component = componentAt(i);
    if (i > 0 && (component.horizontal !== 1 || component.vertical !== 1)) return false;
    component.width = ceilDivide(width * component.horizontal, mostHorizontal);
    component.height = ceilDivide(height * component.vertical, mostVertical);
    component.stride = mcuColumns() * component.horizontal * 8;
  }
  return true;
}

/** Bytes that the planes of all components need, after `PLANE_SPARE` bytes before and after each. */
export function planeBytes(): usize {
  let bytes: usize = 0;
  for (let i = 0; i < componentCount; i++) bytes += bytesOfPlane(componentAt(i));
  return bytes;
}

/** Loads of 16 samples may begin in a row and end past the plane. */
const PLANE_SPARE: usize = 32;

function bytesOfPlane(component: Component): usize {
  return <usize>component.stride * (mcuRows() * component.vertical * 8) + PLANE_SPARE;
}

/** Lays the planes out from an address on, and marks the blocks that a part of the image depends on. */
export function placePlanes(start: usize, top: i32, left: i32, rows: i32, columns: i32): void {
  let plane = start;
  for (let i = 0; i < componentCount; i++) {
    const component = componentAt(i);
    component.plane = plane;
    plane += bytesOfPlane(component);
    // Upsampling looks at one sample more on each side.
    const x = mostHorizontal / component.horizontal;
    const y = mostVertical / component.vertical;
    component.firstRow = max(0, top / y - 1) >> 3;
    component.endRow = ((top + rows - 1) / y + 1) / 8 + 1;
    component.firstColumn = max(0, left / x - 1) >> 3;
    component.endColumn = ((left + columns - 1) / x + 1) / 8 + 1;
  }
}
