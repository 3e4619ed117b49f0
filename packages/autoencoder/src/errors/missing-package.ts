/** Says whether an import failed because there is no such package. Vite says that of optional peers in words of its own. */
export function isMissingPackage(error: unknown, name: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  const isMissing =
    code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND' || /^Could not resolve/.test(message);
  return isMissing && (message.includes(`'${name}'`) || message.includes(`"${name}"`));
}
