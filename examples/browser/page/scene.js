/** Draws a sample picture, hills under an evening sky, so that no photograph has to be licensed. */

const size = { width: 256, height: 192 };

/** Returns the picture as an image file with that name. */
export async function drawScene(name) {
  const canvas = new OffscreenCanvas(size.width, size.height);
  const context = canvas.getContext('2d');
  fillWith(context, [0, '#27406b'], [0.55, '#e8946a'], [0.75, '#f9d9a0']);
  drawSun(context, 170, 112);
  for (const [i, color] of ['#6b5876', '#44415f', '#23303f', '#101a1c'].entries()) drawHills(context, i, color);
  return new File([await canvas.convertToBlob({ type: 'image/png' })], name, { type: 'image/png' });
}

function fillWith(context, ...stops) {
  const gradient = context.createLinearGradient(0, 0, 0, size.height);
  for (const [place, color] of stops) gradient.addColorStop(place, color);
  context.fillStyle = gradient;
  context.fillRect(0, 0, size.width, size.height);
}

function drawSun(context, x, y) {
  const light = context.createRadialGradient(x, y, 0, x, y, 90);
  light.addColorStop(0, '#fff6dc');
  light.addColorStop(0.12, '#ffe9b0');
  light.addColorStop(0.14, '#ffd98a88');
  light.addColorStop(1, '#ffd98a00');
  context.fillStyle = light;
  context.fillRect(0, 0, size.width, size.height);
}

/** Draws a ridge as a sum of waves; the nearest one has trees. */
function drawHills(context, i, color) {
  const ridge = (x) =>
    118 + 20 * i + (14 - 2 * i) * Math.sin(x / (38 - 6 * i) + 2 * i) + 4 * Math.sin(x / (11 - 2 * i) + i);
  context.fillStyle = color;
  context.beginPath();
  context.moveTo(0, size.height);
  for (let x = 0; x <= size.width; x++) context.lineTo(x, ridge(x));
  context.lineTo(size.width, size.height);
  context.fill();
  if (i < 3) return;
  for (let x = 6; x < size.width; x += 9 + ((x * 7) % 11)) {
    const height = 10 + ((x * 13) % 14);
    context.beginPath();
    context.moveTo(x - height / 4, ridge(x) + 2);
    context.lineTo(x, ridge(x) - height);
    context.lineTo(x + height / 4, ridge(x) + 2);
    context.fill();
  }
}
