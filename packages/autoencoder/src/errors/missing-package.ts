/**
 * Tells whether an import failed because the package does not exist. Vite has its own message for missing optional peers, and Yarn's
 * Plug'n'Play says that "@ae/autoencoder tried to access NAME (a peer dependency) but it isn't provided".
 */
export function isMissingPackage(error: unknown, name: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  const isMissing =
    code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND' || /^Could not resolve/.test(message);
  const mentions = [`'${name}'`, `"${name}"`, `tried to access ${name} `, `tried to access ${name},`];
  return isMissing && mentions.some((mention) => message.includes(mention));
}
