/** What a page does with images: reads them by address and as files, takes pixels of a canvas, resizes and writes. */
import { fromPixels, imageFolder, readImage } from '@ae/images';

const plain = ({ data, width, height, channels }) => ({ data: Array.from(data), width, height, channels });

async function main() {
  const names = location.search.slice(1).split(',');
  const images = await Promise.all(names.map((name) => readImage(`/images/${name}`)));
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext('2d');
  context.fillStyle = 'rgb(1, 2, 3)';
  context.fillRect(0, 0, 1, 1);
  const blob = await (await fetch('/images/color.png')).blob();
  const file = new File([blob], 'a.png');
  const bitmap = fromPixels(await createImageBitmap(file));
  const color = images[names.indexOf('color.png')];
  const list = imageFolder([file]);
  return {
    images: images.map(plain),
    canvas: Array.from(fromPixels(canvas).data),
    bitmap: [bitmap.width, bitmap.height, bitmap.channels],
    small: Array.from(color.resize(7, 5).data),
    png: Array.from((await color.toPng()).slice(0, 2)),
    bytes: file.size,
    listed: [(await list.at(0)).name],
    folder: await Promise.resolve()
      .then(() => imageFolder('photos'))
      .catch(({ message }) => message),
    missing: await readImage('/images/none').catch(({ message }) => message),
  };
}

globalThis.results = await main().catch((error) => ({ error: String(error.stack) }));
