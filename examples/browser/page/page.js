/** Reconstructs pictures that the user chooses, with a network that was trained in Node.js or an untrained one. Nothing leaves the browser. */
import { Autoencoder, useBackend } from '@ae/autoencoder';
import { imageError, psnrDb } from '@ae/autoencoder/scores';
import { drawScene } from './scene.js';

const element = (id) => document.getElementById(id);
const say = (text) => {
  element('status').textContent = text;
};

/** For networks that accept any size: the largest width and height, in pixels; larger pictures are scaled down. */
const largest = 256;

/** Returns the size that a picture gets: the network's, or the picture's own if the network accepts any size. */
function sizeFor({ inputShape: [height, width], takesAnySize }, picture) {
  if (!takesAnySize) return [height, width];
  const scale = Math.min(1, largest / Math.max(picture.width, picture.height));
  return [picture.height, picture.width].map((side) => Math.max(1, Math.round(side * scale)));
}

/** Reads a picture, crops its middle to that size, and returns it as a sample: planar bytes, blue first. */
async function readSample(file, autoencoder) {
  const picture = await createImageBitmap(file);
  const [height, width] = sizeFor(autoencoder, picture);
  const channels = autoencoder.inputShape[2];
  const scale = Math.max(width / picture.width, height / picture.height);
  const [w, h] = [picture.width * scale, picture.height * scale];
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = 'white'; // behind transparent pixels
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
    const sample = await readSample(file, autoencoder);
    const start = performance.now();
    const [own] = await autoencoder.reconstruct([sample]);
    const elapsedMs = performance.now() - start;
    const { values } = await autoencoder.encode(sample);
    const hasMasks = autoencoder.sizes.maskBytes > 0;
    const fixed = hasMasks ? (await autoencoder.reconstruct([sample], { masks: 'fixed' }))[0] : undefined;
    draw('input', sample);
    element('input-size').textContent = `${sample.data.length.toLocaleString('en')} bytes`;
    element('own-from').textContent =
      `From its code of ${values.length.toLocaleString('en')} numbers${hasMasks ? ' and its masks' : ' alone'}`;
    element('fixed').closest('figure').hidden = !hasMasks;
    for (const [id, reconstruction] of [
      ['own', own],
      ['fixed', fixed],
    ].filter(([, reconstruction]) => reconstruction)) {
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

/** Loads the server's network. If it has none, returns an untrained network with preset transform, which already does well on photographs. */
async function loadNetwork() {
  const answer = await fetch('/network/model.json');
  await answer.text();
  if (answer.ok) return { autoencoder: await Autoencoder.load('/network'), words: 'a trained network' };
  const autoencoder = new Autoencoder({ preset: 'transform', codeSize: 256 });
  await autoencoder.initialize({ seed: 1 });
  return { autoencoder, words: 'an untrained network, which uses cosine waves like JPEG' };
}

async function main() {
  const engine = await useBackend('auto', { wasmBinary: '/tfjs-backend-wasm/tfjs-backend-wasm-simd.wasm' });
  const { autoencoder, words } = await loadNetwork();
  const [height, width] = autoencoder.inputShape;
  say(
    `Ready: ${words}, ${autoencoder.sizes.codeNumbers} numbers for ${width}x${height} pixels, computed by ` +
      `${engine.name}${engine.threads ? `, ${engine.threads} threads` : ''}.`,
  );
  element('file').disabled = false;
  element('sample').disabled = false;
  element('sample').addEventListener('click', async () => show(autoencoder, await drawScene('sample.png')));
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
