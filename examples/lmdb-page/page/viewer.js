/** Shows one image enlarged, with the contents of its record. The arrow keys go to its neighbors. */
import { drawingOf, withBoxes } from './drawing.js';
import { formatBytes } from './format.js';

const byId = (id) => document.getElementById(id);
const viewer = byId('viewer');

/** The figure that is shown, and the function that reads its record. */
let shown;
let read;

/** Opens the viewer for an image on the page. `readRecord` reads the record of a figure. */
export function view(figure, readRecord) {
  read = readRecord;
  if (!viewer.open) viewer.showModal();
  return show(figure);
}

async function show(figure) {
  shown = figure;
  byId('previous').disabled = !figure.previousElementSibling;
  byId('next').disabled = !figure.nextElementSibling;
  try {
    const { key, datum } = await read(figure);
    const drawing = await drawingOf(datum);
    if (shown !== figure) return;
    byId('picture').replaceChildren(withBoxes(drawing, datum.boxes));
    byId('record').replaceChildren(...rowsOf(key, datum, drawing));
  } catch (error) {
    if (shown === figure) byId('picture').replaceChildren(error.sentence ?? error.message);
  }
  figure.scrollIntoView({ block: 'nearest' });
}

function rowsOf(key, { label, text, boxes, channels, encoded, data, floatData }, { width, height }) {
  const size = width ? `${width} x ${height}` : '';
  const stored = encoded
    ? `an image file of ${formatBytes(data.length)}`
    : `${channels} x ${height ?? 1} x ${width ?? 1} ${floatData ? 'floats' : 'bytes'}`;
  const facts = { key, label, text, boxes: boxes?.length, size, stored };
  return Object.entries(facts)
    .filter(([, value]) => value !== undefined && value !== '')
    .flatMap(([name, value]) => [
      Object.assign(document.createElement('dt'), { textContent: name }),
      Object.assign(document.createElement('dd'), { textContent: value }),
    ]);
}

const go = (neighbor) => shown?.[neighbor] && show(shown[neighbor]);
byId('previous').addEventListener('click', () => go('previousElementSibling'));
byId('next').addEventListener('click', () => go('nextElementSibling'));
byId('close').addEventListener('click', () => viewer.close());
viewer.addEventListener('keydown', ({ key }) => {
  if (key === 'ArrowLeft') go('previousElementSibling');
  if (key === 'ArrowRight') go('nextElementSibling');
});
// The target of a click outside the picture is the dialog itself.
viewer.addEventListener('click', ({ target }) => target === viewer && viewer.close());
