/** The messages are those of Node.js 20, Vite 8, and Yarn 4.18 with Plug'n'Play. */
import { expect, test } from 'vitest';
import { isMissingPackage } from '../src/errors/missing-package';

test('a package that does not exist is told from one that fails', () => {
  const messages: Array<[string, string?]> = [
    [
      "Cannot find package 'webgpu' imported from /app/node_modules/@ae/autoencoder/dist/index.js",
      'ERR_MODULE_NOT_FOUND',
    ],
    ["Cannot find module 'webgpu'\nRequire stack:\n- /app/index.js", 'MODULE_NOT_FOUND'],
    ['Could not resolve "webgpu" imported by "@ae/autoencoder". Is it installed?'],
    [
      "@ae/autoencoder tried to access webgpu (a peer dependency) but it isn't provided by its ancestors; this makes the require call ambiguous and unsound.",
      'MODULE_NOT_FOUND',
    ],
    [
      "Your application tried to access webgpu, but it isn't declared in your dependencies; this makes the require call ambiguous and unsound.",
      'MODULE_NOT_FOUND',
    ],
  ];
  for (const [message, code] of messages) {
    const error = Object.assign(new Error(message), { code });
    expect(isMissingPackage(error, 'webgpu')).toBe(true);
    expect(isMissingPackage(error, 'web')).toBe(false);
    expect(isMissingPackage(error, '@tensorflow/tfjs-backend-webgpu')).toBe(false);
  }
});
