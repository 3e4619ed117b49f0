/**
 * The WebGPU lane: `npm run test:webgpu [-- --gpu]`.
 *
 * Installs Dawn (npm package `webgpu`, 130 MB) and tfjs-backend-webgpu into a cache folder and runs the conformance suite on them, by
 * default on SwiftShader, the software driver that comes with Chromium; with --gpu, on this machine's driver. Then the same in Chromium,
 * and a short training run through the public API.
 */
import { env } from 'node:process';
import { installPackages, laneFolder, requireAlso, runTests, shareTfjs, swiftShader } from './lane.mjs';

const PACKAGES = ['webgpu@0.6.2', '@tensorflow/tfjs-backend-webgpu@4.22.0'];

const folder = laneFolder('webgpu');
installPackages(folder, PACKAGES);
shareTfjs(folder, ['tfjs-core', 'tfjs-backend-cpu']);
const driver = process.argv.includes('--gpu') || env.VK_ICD_FILENAMES ? {} : swiftShader();
const files = ['test/webgpu.test.ts', 'test/webgpu-browser.test.ts'];
const engine = { ...driver, AE_BACKEND: 'webgpu', AE_WEBGPU: folder, AE_REQUIRE: requireAlso('webgpu') };
runTests('layers', files, engine);
runTests('autoencoder', ['test/engine.test.ts'], engine);
