import { loadSharp } from './decode-by-sharp';

/**
 * Loads sharp, for those who want to know in good time whether it is there. Gives nothing of it, so that whoever has no sharp needs no types of it.
 *
 * @throws SharpMissingError MISSING_DEPENDENCY
 */
export async function requireSharp(): Promise<void> {
  await loadSharp();
}
