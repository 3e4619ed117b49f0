/** The page's side of on-page.mjs. */
import { useBackend } from '@ae/autoencoder';
import '@tensorflow/tfjs-backend-webgl';
import { measureEngine } from './kernels.mjs';

globalThis.measure = async (engine) => {
  await useBackend(engine);
  const context = new OffscreenCanvas(1, 1).getContext('webgl2');
  const { UNMASKED_RENDERER_WEBGL } = context.getExtension('WEBGL_debug_renderer_info') ?? {};
  const device = String(context.getParameter(UNMASKED_RENDERER_WEBGL ?? context.RENDERER));
  return { device, rows: await measureEngine(device) };
};
