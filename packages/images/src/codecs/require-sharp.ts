import { loadSharp } from './decode-by-sharp';

/**
 * Loads sharp, to find out early whether it is installed. Gives nothing of it, so that whoever has no sharp needs no types of it.
 *
 * @throws SharpMissingError MISSING_DEPENDENCY
 */
export async function requireSharp(): Promise<void> {
  await loadSharp();
}
