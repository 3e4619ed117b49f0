/** Draws records on canvases. */

/** Returns a canvas with a record's image, or a text if it has none that can be shown. */
export async function drawingOf(datum) {
  try {
    const image = datum.encoded ? await createImageBitmap(new Blob([datum.data])) : toImageData(datum);
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    canvas.classList.toggle('small', Math.max(image.width, image.height) < 128);
    const context = canvas.getContext('2d');
    if (image instanceof ImageData) context.putImageData(image, 0, 0);
    else context.drawImage(image, 0, 0);
    return canvas;
  } catch {
    const none = Object.assign(document.createElement('div'), { className: 'none' });
    const { channels, height, width } = datum;
    none.textContent = datum.encoded ? 'an image that this browser cannot show' : `${channels}x${height}x${width}`;
    return none;
  }
}

/** Makes an image from raw pixels: planar, in the order blue, green, red. */
function toImageData({ channels, height, width, data, floatData }) {
  if (![1, 3, 4].includes(channels)) throw new RangeError('no colors');
  const values = floatData ?? data;
  const size = height * width;
  const [blue, green, red] = channels === 1 ? [0, 0, 0] : [0, size, 2 * size];
  const image = new ImageData(width, height);
  for (let pixel = 0, at = 0; pixel < size; pixel++, at += 4) {
    image.data[at] = values[red + pixel];
    image.data[at + 1] = values[green + pixel];
    image.data[at + 2] = values[blue + pixel];
    image.data[at + 3] = channels === 4 ? values[3 * size + pixel] : 255;
  }
  return image;
}

/** Draws the boxes of a record over its image. */
export function withBoxes(canvas, boxes = []) {
  const boxed = Object.assign(document.createElement('div'), { className: 'boxed' });
  if (canvas.width) boxed.style.setProperty('--ratio', canvas.width / canvas.height);
  boxed.append(canvas);
  for (const { label, xmin, ymin, xmax, ymax } of boxes) {
    const box = Object.assign(document.createElement('span'), { className: 'box', textContent: label });
    const [left, top, width, height] = [xmin, ymin, xmax - xmin, ymax - ymin].map((side) => `${100 * side}%`);
    Object.assign(box.style, { left, top, width, height });
    boxed.append(box);
  }
  return boxed;
}
