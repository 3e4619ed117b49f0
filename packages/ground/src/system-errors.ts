const known: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'is inside a file, not a folder',
  EISDIR: 'is a folder',
  ELOOP: 'is a link that leads back to itself',
  ENXIO: 'is a socket or a device',
  EACCES: 'cannot be read (permission denied)',
  EPERM: 'cannot be read (permission denied)',
  ENAMETOOLONG: 'has a name that is too long',
  EAGAIN: 'has nothing to read now',
  EIO: 'cannot be read: the disk reports an input/output error',
};

/** Describes the operating system's error for reading a path, phrased to follow it: "does not exist". */
export function describeSystemError(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return known[code ?? ''] ?? `cannot be read (${message.replace(/, \w+( '.*)?$/s, '')})`;
}
