import { CliError } from '../shell/cli-error';

const words: Readonly<Record<string, boolean>> = {
  on: true,
  '1': true,
  true: true,
  off: false,
  '0': false,
  false: false,
};

/** Tells whether the wasm engine may set V8's flags: unless AE_V8_FLAGS is `off`. */
export function v8FlagsAllowed(value = process.env.AE_V8_FLAGS): boolean {
  const word = value?.trim().toLowerCase() || 'on';
  if (Object.hasOwn(words, word)) return words[word];
  throw new CliError('INVALID_OPTION', `AE_V8_FLAGS: expected on or off, received "${value}".`);
}
