/** Reconstructs pictures that a visitor chooses, with a network that was trained in Node.js. Nothing leaves the browser. */
import { Autoencoder, useBackend } from '@ae/autoencoder';
import { imageError, psnrDb } from '@ae/autoencoder/scores';

const element = (id) => document.getElementById(id);
const say = (text) => {
  element('status').textContent = text;
};

/** Cuts the middle of a picture to the network's size, and gives it as a sample: planar bytes, blue first. */
async function readSample(file, [height, width, channels]) {
  const picture = await createImageBitmap(file);
  const scale = Math.max(width / picture.width, height / picture.height);
  const [w, h] = [picture.width * scale, picture.height * scale];
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = 'white'; // behind what is transparent
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, (width - w) / 2, (height - h) / 2, w, h);
  const rgba = context.getImageData(0, 0, width, height).data;
  const data = new Uint8Array(channels * height * width);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < height * width; i++) data[c * height * width + i] = rgba[4 * i + channels - 1 - c];
  }
  return { channels, height, width, data };
}

function draw(id, { channels, height, width, data }) {
  const pixels = new ImageData(width, height);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) pixels.data[4 * i + c] = data[Math.max(channels - 1 - c, 0) * height * width + i];
    pixels.data[4 * i + 3] = 255;
  }
  const canvas = element(id);
  Object.assign(canvas, { width, height });
  canvas.getContext('2d').putImageData(pixels, 0, 0);
}

async function show(autoencoder, file) {
  try {
    const sample = await readSample(file, autoencoder.inputShape);
    const start = performance.now();
    const [own] = await autoencoder.reconstruct([sample]);
    const elapsedMs = performance.now() - start;
    const [fixed] = await autoencoder.reconstruct([sample], { masks: 'fixed' });
    draw('input', sample);
    for (const [id, reconstruction] of [
      ['own', own],
      ['fixed', fixed],
    ]) {
      draw(id, reconstruction);
      element(`${id}-psnr`).textContent =
        `PSNR ${psnrDb(imageError(sample.data, reconstruction.data).mse, 255).toFixed(1)} dB`;
    }
    element('pictures').hidden = false;
    say(`${file.name}: reconstructed in ${elapsedMs.toFixed(0)} ms`);
  } catch (error) {
    say(`${file.name}: ${error.message}`);
  }
}

async function main() {
  const engine = await useBackend('auto', { wasmBinary: '/tfjs-backend-wasm/tfjs-backend-wasm-simd.wasm' });
  const autoencoder = await Autoencoder.load('/network');
  const { codeNumbers } = autoencoder.sizes;
  say(
    `Ready: a code of ${codeNumbers} numbers, computed by ${engine.name}${engine.threads ? `, ${engine.threads} threads` : ''}.`,
  );
  element('file').disabled = false;
  element('file').addEventListener('change', ({ target }) => target.files[0] && show(autoencoder, target.files[0]));
  for (const kind of ['dragover', 'dragleave', 'drop']) {
    element('drop').addEventListener(kind, (event) => {
      event.preventDefault();
      element('drop').classList.toggle('over', kind === 'dragover');
      if (kind === 'drop' && event.dataTransfer.files[0]) show(autoencoder, event.dataTransfer.files[0]);
    });
  }
}

main().catch((error) => say(error.message));
