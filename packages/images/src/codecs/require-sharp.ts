import { loadSharp } from './decode-by-sharp';

/**
 * Loads sharp, to find out early whether it is installed. Returns nothing, so that programs without sharp do not need its types.
 *
 * @throws SharpMissingError MISSING_DEPENDENCY
 */
export async function requireSharp(): Promise<void> {
  await loadSharp();
}
