/** What went wrong, as one sentence for the user, and a stable code for `--json`. */
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

const missingParent = 'is in a folder that does not exist; create that folder first';

export interface Explanation {
  readonly code: string;
  readonly message: string;
  /** False for an unexpected error, which is worth a bug report. */
  readonly expected: boolean;
}

/** Meanings of the operating system's error codes for a file or folder that the user named, phrased to follow its name. */
const systemReasons: Record<string, string> = {
  ENOENT: 'does not exist; check the path',
  EEXIST: 'already exists; choose another name',
  EACCES: 'cannot be accessed (permission denied); change its permissions or choose another place',
  EPERM: 'cannot be accessed (permission denied); change its permissions or choose another place',
  EROFS: 'cannot be written: the disk is read-only; choose another place',
  ENOSPC: 'cannot be written: the disk is full; free some space or choose another place',
  EDQUOT: 'cannot be written: the quota on the disk is used up; free some space or choose another place',
  EFBIG: 'cannot be written: it would exceed the largest file size allowed here; choose another place',
  ENOTDIR: 'is inside a file, not a folder; check the path',
  EISDIR: 'is a folder, not a file; check the path',
  EMFILE: 'cannot be opened: too many files are open; raise the limit (ulimit -n)',
  ENFILE: 'cannot be opened: the system has too many files open; close other programs',
  ELOOP: 'is a link that leads back to itself; choose another place',
  ENAMETOOLONG: 'has a name that is longer than the file system allows; choose a shorter one',
  EIO: 'cannot be read or written (EIO); check whether the disk is failing',
  ENXIO: 'is not a file; choose another place',
  ENODEV: 'is not a file; choose another place',
};

/** Describes any other of the operating system's errors. */
function systemReason({ code, message }: { code: string; message: string }): string {
  if (Object.hasOwn(systemReasons, code)) return systemReasons[code];
  return `cannot be used (${message.split(', ')[0]}); choose another place`;
}

/** Returns an error's message without the package name; errors of the @ae packages have it separately. */
export function sentenceOf(error: unknown): string {
  const { sentence, message } = error as { sentence?: string; message: string };
  return sentence ?? message;
}

/**
 * Turns any thrown value into one sentence. Errors of the @ae packages are sentences already; `typedFor` replaces the names of their
 * options by what the user typed.
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
      message: asTyped(message, error as Named, typedFor),
      expected: true,
    };
  }
  if (isSystemError(error)) {
    return { code: error.code, message: `${error.path ?? 'The file'} ${systemReason(error)}.`, expected: true };
  }
  return { code: 'UNEXPECTED', message: error.message, expected: false };
}

/** The subject of an error of the @ae packages, and the option that helps, if there is one. */
interface Named {
  readonly where?: string;
  readonly option?: string;
}

/** Replaces the library's names by what the user types: the subject of a sentence, and the option that helps. */
function asTyped(
  sentence: string,
  { where = '', option = '' }: Named,
  typedFor: (option: string) => string | undefined,
): string {
  const begun = sentence.startsWith(`${where}: `)
    ? (typedFor(where) ?? where) + sentence.slice(where.length)
    : sentence;
  return begun.replace(`(option ${option})`, `(${typedFor(option)})`);
}

/** Replaces the option in a sentence of a report, whose flag has the same name. */
export function optionAsFlag(sentence: string): string {
  return sentence.replace(/ \(option (\w+)\)/, ' (--$1)');
}

/** Describes what kept a command from printing: a full disk behind `> file`, for example. */
export function printingFailed(cause: NodeJS.ErrnoException): CliError {
  const code = cause.code ?? 'NOT_WRITABLE';
  const reason = systemReasons[code] ?? `cannot be written (${cause.message}); print elsewhere`;
  return new CliError(code, `Standard output ${reason}.`, { cause });
}

/** Runs `write`; if the operating system refuses, the error names `target`, which its own errors often do not. */
export async function writingTo<T>(target: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    const reason = cause.code === 'ENOENT' ? missingParent : systemReason(cause);
    throw new CliError(cause.code, `${target} ${reason}.`, { cause });
  }
}

function isSystemError(error: unknown): error is Error & { code: string; path?: string } {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  // Errors of Node.js itself, such as ERR_INVALID_ARG_TYPE, have no system call.
  return (
    typeof code === 'string' &&
    (Object.hasOwn(systemReasons, code) || (syscall !== undefined && /^E[A-Z0-9]+$/.test(code)))
  );
}
