/** What went wrong, in one sentence for the person at the terminal, and a stable code for `--json`. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const missingParent = 'expected a place in a folder that exists, received one in a folder that does not; make it first';

export interface Explanation {
  readonly code: string;
  readonly message: string;
  /** False for an error nobody foresaw, which is worth a bug report. */
  readonly expected: boolean;
}

/** What the operating system's error codes mean for somebody who named a file or folder. */
const systemReasons: Record<string, string> = {
  ENOENT: 'expected it to exist, received nothing there; check the path',
  EEXIST: 'expected a new name, received one that exists; name another',
  EACCES: 'expected permission to use it, received none; change its permissions or name another place',
  EPERM: 'expected permission to use it, received none; change its permissions or name another place',
  EROFS: 'expected a disk that can be written, received a read-only one; name another place',
  ENOSPC: 'expected room on the disk, received a full one; free some space or name another place',
  EDQUOT: 'expected room on the disk, received a used-up quota; free some space or name another place',
  EFBIG: 'expected room for the file, received the limit on its size; name another place',
  ENOTDIR: 'expected a folder, received a path through a file; check the path',
  EISDIR: 'expected a file, received a folder; check the path',
  EMFILE: 'expected to open one more file, received the limit; raise it (ulimit -n)',
  ENFILE: 'the system has no room for one more open file; close other programs',
  ELOOP: 'this link leads to itself; name another place',
  ENAMETOOLONG: 'the name is longer than the file system allows; name another place',
  EIO: 'the disk could not be read or written (EIO); see whether it is failing',
  ENXIO: 'this is no file; name another place',
  ENODEV: 'this is no file; name another place',
};

/** What any other of the operating system's errors says of itself. */
function systemReason({ code, message }: { code: string; message: string }): string {
  if (Object.hasOwn(systemReasons, code)) return systemReasons[code];
  return `the system refused it (${message.split(', ')[0]}); name another place`;
}

/** Returns what an error says, without the name of the package that says it. */
export function sentenceOf(error: unknown): string {
  const { sentence, message } = error as { sentence?: string; message: string };
  return sentence ?? withoutPackage(message);
}

/** Takes off what says which package speaks, and names the options of @ae/lmdb-datum, whose errors are not data yet, as they are typed. */
export function withoutPackage(message: string): string {
  return message
    .replace(/^\[[a-z-]+\] /, '')
    .replace(/\bmaxPixels\b/g, '--max-pixels')
    .replace('(option database)', '(--database <name>)')
    .replace('give the root as "/"', 'give --root /');
}

/**
 * Turns whatever was thrown into one sentence. Errors of the @ae packages are sentences already; `typedFor` names their options as they
 * are typed.
 */
export function explain(
  error: unknown,
  typedFor: (option: string) => string | undefined = () => undefined,
): Explanation {
  if (error instanceof CliError) return { code: error.code, message: error.message, expected: true };
  if (!(error instanceof Error)) return { code: 'UNEXPECTED', message: String(error), expected: false };
  const code = (error as { code?: unknown }).code;
  const message = sentenceOf(error);
  if (message !== error.message) {
    return {
      code: typeof code === 'string' ? code : 'FAILED',
      message: asTyped(message, (error as { where?: string }).where, typedFor),
      expected: true,
    };
  }
  if (isSystemError(error)) {
    return { code: error.code, message: `${error.path ?? 'the disk'}: ${systemReason(error)}.`, expected: true };
  }
  return { code: 'UNEXPECTED', message: error.message, expected: false };
}

/** Puts the name that was typed in the place of the library's, where a sentence begins with that. */
function asTyped(
  sentence: string,
  where: string | undefined,
  typedFor: (option: string) => string | undefined,
): string {
  const typed = where === undefined ? undefined : typedFor(where);
  return typed && sentence.startsWith(`${where}: `) ? typed + sentence.slice(`${where}`.length) : sentence;
}

/** What kept a command from printing: a full disk, say, behind `> file`. */
export function printingFailed(cause: NodeJS.ErrnoException): CliError {
  const code = cause.code ?? 'NOT_WRITABLE';
  const reason = systemReasons[code] ?? `expected to print, which failed (${cause.message}); print elsewhere`;
  return new CliError(code, `standard output: ${reason}.`, { cause });
}

/** Runs `write`; when the operating system refuses, the error names `target`, which its own errors often don't. */
export async function writingTo<T>(target: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    const reason = cause.code === 'ENOENT' ? missingParent : systemReason(cause);
    throw new CliError(cause.code, `${target}: ${reason}.`, { cause });
  }
}

function isSystemError(error: unknown): error is Error & { code: string; path?: string } {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  // What Node.js itself says has no system call, such as ERR_INVALID_ARG_TYPE.
  return (
    typeof code === 'string' &&
    (Object.hasOwn(systemReasons, code) || (syscall !== undefined && /^E[A-Z0-9]+$/.test(code)))
  );
}
