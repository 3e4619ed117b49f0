import { randomUUID } from 'node:crypto';

/** Returns the name of a file or folder until it is complete. */
export function temporaryName(target: string): string {
  return `${target}.${randomUUID().slice(0, 8)}.tmp`;
}
