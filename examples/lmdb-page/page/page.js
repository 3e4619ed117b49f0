/** Opens a database, and draws its images while the user scrolls. */
import { openDatumSource } from '@ae/lmdb-datum/source';
import { drawingOf } from './drawing.js';
import { formatBytes, formatCount } from './format.js';
import { view } from './viewer.js';

const byId = (id) => document.getElementById(id);
const imagesPerStep = 50;

/** The database that is shown, and the key to continue from. A jump replaces this object, but keeps the reader. */
let shown;
/** The keys of the images that are shown, as stored bytes. */
const keys = new WeakMap();

function say(text, isError = false) {
  byId('status').textContent = text;
  byId('status').classList.toggle('error', isError);
}

const messageOf = (error) => error.sentence ?? error.message;

/** Closes the current database and opens another. */
async function open(source, name) {
  shown?.reader?.close();
  const opening = { name };
  shown = opening;
  byId('images').replaceChildren();
  byId('place').hidden = byId('end').hidden = true;
  say(`Opening ${name} …`);
  try {
    const reader = await openDatumSource(source);
    if (shown !== opening) return reader.close();
    document.body.classList.remove('empty');
    say(name);
    showFacts(reader.info);
    byId('position').value = 0;
    byId('key').value = '';
    byId('place').hidden = false;
    await showFrom(reader);
  } catch (error) {
    if (shown === opening) say(messageOf(error), true);
  }
}

function showFacts({ count, fileSizeBytes, schema, depth }) {
  const facts = {
    images: count.toLocaleString('en'),
    file: formatBytes(fileSizeBytes),
    records: schema.title,
    tree: formatCount(depth, 'level'),
  };
  byId('facts').replaceChildren(
    ...Object.entries(facts).map(([name, value]) => {
      const fact = document.createElement('div');
      fact.append(
        Object.assign(document.createElement('dt'), { textContent: name }),
        Object.assign(document.createElement('dd'), { textContent: value }),
      );
      return fact;
    }),
  );
}

/** Shows the images from a key on, or from the first one. */
async function showFrom(reader, next) {
  shown = { reader, next };
  byId('images').replaceChildren();
  scrollTo(0, 0);
  await showMore();
}

/** Draws the next images. Only one call draws at a time; a jump starts another, and the earlier one ends. */
async function showMore() {
  const place = shown;
  if (!place?.reader || place.isBusy || place.isOver) return;
  place.isBusy = true;
  byId('end').hidden = false;
  byId('end').textContent = 'Loading …';
  try {
    let last;
    let count = 0;
    for await (const entry of place.reader.entries({ start: place.next, limit: imagesPerStep })) {
      const figure = await figureOf(entry, place.reader);
      if (shown !== place) return;
      byId('images').append(figure);
      last = entry.keyBytes;
      count++;
    }
    place.isOver = count < imagesPerStep;
    // The smallest key after the last one.
    if (last) place.next = Uint8Array.of(...last, 0);
    byId('end').textContent = place.isOver ? 'End of the database.' : 'Loading …';
  } catch (error) {
    if (shown !== place) return;
    place.isOver = true;
    byId('end').hidden = true;
    say(messageOf(error), true);
  } finally {
    place.isBusy = false;
    if (shown === place) showTraffic(place.reader);
  }
  // If the window is taller than the images, the user cannot scroll.
  if (!place.isOver && isEndInSight()) await showMore();
}

function showTraffic({ traffic: { requests, bytes }, info: { fileSizeBytes } }) {
  const share = `${((100 * bytes) / fileSizeBytes).toPrecision(2)} %`;
  byId('traffic').textContent =
    `${formatBytes(bytes)} of ${formatBytes(fileSizeBytes)} read (${share}), in ${formatCount(requests, 'request')}`;
}

async function figureOf({ key, keyBytes, datum }, reader) {
  const figure = document.createElement('figure');
  const button = Object.assign(document.createElement('button'), { type: 'button', ariaLabel: `Look at ${key}` });
  const caption = Object.assign(document.createElement('figcaption'), { title: key });
  const label = Object.assign(document.createElement('b'), { textContent: datum.text ?? datum.label ?? '' });
  caption.append(label, ` ${key}`);
  button.append(await drawingOf(datum));
  button.addEventListener('click', () => view(figure, (one) => recordOf(one, reader)));
  figure.append(button, caption);
  keys.set(figure, keyBytes);
  return figure;
}

/** Reads a record again, because drawn records are not kept in memory. */
async function recordOf(figure, reader) {
  const datum = await reader.get(keys.get(figure));
  showTraffic(reader);
  return { key: figure.querySelector('figcaption').title, datum };
}

const isEndInSight = () => byId('end').getBoundingClientRect().top < 2 * innerHeight;

/** Jumps to the key that `find` returns. */
async function jump(find) {
  const { reader } = shown ?? {};
  if (!reader) return;
  try {
    await showFrom(reader, await find(reader));
  } catch (error) {
    say(messageOf(error), true);
  }
}

byId('file').addEventListener('change', ({ target }) => {
  if (target.files[0]) open(target.files[0], target.files[0].name);
});
byId('open').addEventListener('submit', (event) => {
  event.preventDefault();
  const address = byId('address').value.trim();
  if (address) open(address, address);
});
byId('position').addEventListener('change', ({ target }) => jump((reader) => reader.keyNear(target.value / 1000)));
byId('find').addEventListener('submit', (event) => {
  event.preventDefault();
  jump(() => byId('key').value);
});
addEventListener('scroll', () => isEndInSight() && showMore(), { passive: true });
addEventListener('dragover', (event) => {
  event.preventDefault();
  document.body.classList.add('over');
});
addEventListener('dragleave', () => document.body.classList.remove('over'));
addEventListener('drop', (event) => {
  event.preventDefault();
  document.body.classList.remove('over');
  const [file] = event.dataTransfer.files;
  if (file) open(file, file.name);
});

const wanted = new URLSearchParams(location.search).get('open');
if (wanted) open(new URL(wanted, location.href), wanted);
