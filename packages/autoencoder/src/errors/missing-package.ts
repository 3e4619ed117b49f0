/** Tells whether an import failed because the package does not exist. Vite has its own message for missing optional peers. */
export function isMissingPackage(error: unknown, name: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  const isMissing =
    code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND' || /^Could not resolve/.test(message);
  return isMissing && (message.includes(`'${name}'`) || message.includes(`"${name}"`));
}
