/**
 * The WebGPU lane: `npm run test:webgpu [-- --gpu]`.
 *
 * Installs Dawn (npm package `webgpu`, 130 MB) and tfjs-backend-webgpu into a cache folder and runs the conformance suite on them, by
 * default on SwiftShader, the software driver that Chromium brings; with --gpu on the driver of this machine. Then the same in Chromium.
 */
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { env as environment } from 'node:process';
import { fail, installPackages, laneFolder, runTests, shareTfjs } from './lane.mjs';

const PACKAGES = ['webgpu@0.6.2', '@tensorflow/tfjs-backend-webgpu@4.22.0'];

const folder = laneFolder('webgpu');
installPackages(folder, PACKAGES);
shareTfjs(folder, ['tfjs-core', 'tfjs-backend-cpu']);
const driver = process.argv.includes('--gpu') || environment.VK_ICD_FILENAMES ? {} : swiftShader();
const files = ['test/webgpu.test.ts', 'test/webgpu-browser.test.ts'];
runTests('layers', files, { ...driver, AE_WEBGPU: folder, AE_REQUIRE_WEBGPU: '1' });

/** Environment variables that make Dawn find SwiftShader and the Vulkan loader beside it. */
function swiftShader() {
  const folders = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome', ...chromiumFolders()];
  const found = folders.find((candidate) => existsSync(join(candidate, 'vk_swiftshader_icd.json')));
  if (!found) {
    fail(
      'No SwiftShader: expected vk_swiftshader_icd.json beside a Chromium; install chromium, or pass --gpu to use the GPU.',
    );
  }
  return {
    VK_ICD_FILENAMES: join(found, 'vk_swiftshader_icd.json'),
    LD_LIBRARY_PATH: [found, environment.LD_LIBRARY_PATH].filter(Boolean).join(delimiter),
  };
}

function chromiumFolders() {
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const paths = (environment.PATH ?? '').split(delimiter);
  const files = paths.flatMap((path) => names.map((name) => join(path, name))).filter((file) => existsSync(file));
  return files.map((file) => dirname(realpathSync(file)));
}
