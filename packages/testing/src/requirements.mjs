/**
 * Says what tests need besides npm packages, and what happens if it is missing: a requirement that AE_REQUIRE names fails, with the reason;
 * any other is skipped, with the reason.
 */
import process from 'node:process';

/** The words of AE_REQUIRE. */
export const requirements = /** @type {const} */ ([
  // Python, and the modules imported there.
  ...['python', 'keras', 'kubernetes-validate', 'lmdb', 'numpy', 'onnx', 'onnxruntime', 'opencv'],
  ...['protobuf', 'pyarrow', 'safetensors', 'tensorboard', 'torch', 'torchfile', 'webdataset'],
  // Programs.
  ...['chromium', 'mdb-tools', 'fish', 'zsh'],
  // What the lanes in scripts/ set up.
  ...['tensorflow', 'webgpu', 'tested-v8'],
]);

/** @typedef {typeof requirements[number]} Requirement */

/**
 * Returns the words of AE_REQUIRE, which commas separate.
 *
 * @returns {Requirement[]}
 * @throws {Error} for a word that is not known
 */
export function requiredWords(text = process.env.AE_REQUIRE ?? '') {
  const words = text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);
  return words.map((word) => {
    const known = requirements.find((requirement) => requirement === word);
    if (!known) throw new Error(`AE_REQUIRE: expected some of ${requirements.join(', ')}, received "${word}".`);
    return known;
  });
}

/** @param {Requirement} requirement */
export function isRequired(requirement) {
  return requiredWords().includes(requirement);
}

/**
 * Reports what is missing.
 *
 * @param {Requirement} requirement
 * @param {string} reason why it cannot be used, and what to do
 * @param {string} skipped the tests that need it
 * @throws {Error} where AE_REQUIRE names it
 */
export function reportMissing(requirement, reason, skipped) {
  if (isRequired(requirement)) throw new Error(`${skipped}: AE_REQUIRE names ${requirement}, but ${reason}`);
  console.warn(`SKIPPED: ${skipped}: ${reason}`);
}
