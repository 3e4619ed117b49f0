/**
 * The page that shows the images of an LMDB: it asks the server for one page of them at a time. Text from the database is inserted as text,
 * never as HTML.
 */

const policy =
  "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'";

const style = `
:root { color-scheme: light dark; --muted: #5b626d; --line: #e2e4e8; }
@media (prefers-color-scheme: dark) { :root { --muted: #9aa2ae; --line: #2d3138; } }
body { margin: 0 auto; max-width: 1280px; padding: 16px clamp(12px, 3vw, 32px); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; }
form { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; position: sticky; top: 0; padding: 10px 0; background: Canvas; border-bottom: 1px solid var(--line); }
input { width: 7em; font: inherit; }
button { font: inherit; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(128px, 1fr)); gap: 16px 12px; padding-top: 16px; }
figure { margin: 0; min-width: 0; }
img { width: 100%; height: 128px; object-fit: contain; display: block; }
img.small { image-rendering: pixelated; }
figcaption { color: var(--muted); font-size: 0.8125rem; line-height: 1.35; overflow-wrap: anywhere; }
.problem { color: #b3263f; }
`;

const script = `
(() => {
  const { count, perPage } = document.body.dataset;
  const pages = Math.max(1, Math.ceil(count / perPage));
  const main = document.querySelector('main');
  const input = document.querySelector('input');
  const state = document.querySelector('output');
  const [previous, next] = document.querySelectorAll('button');
  let asked = 0;
  const add = (figure, text, className) => {
    const line = document.createElement('div');
    line.textContent = text;
    if (className) line.className = className;
    figure.append(line);
  };
  const draw = ({ number, key, label, size, problem }) => {
    const figure = document.createElement('figure');
    if (!problem) {
      const image = document.createElement('img');
      image.src = 'images/' + number + '.png';
      image.alt = key;
      image.loading = 'lazy';
      // The pixels of small images are looked at; photographs would be jagged.
      image.addEventListener('load', () => image.classList.toggle('small', image.naturalWidth <= 64));
      figure.append(image);
    }
    const caption = document.createElement('figcaption');
    add(caption, key ?? 'record ' + number);
    if (label !== undefined) add(caption, 'label ' + label);
    if (size) add(caption, size);
    if (problem) add(caption, problem, 'problem');
    figure.append(caption);
    return figure;
  };
  const show = async (page) => {
    page = Math.min(pages, Math.max(1, Math.floor(page) || 1));
    const mine = ++asked;
    input.value = page;
    history.replaceState(null, '', '#' + page);
    previous.disabled = page === 1;
    next.disabled = page === pages;
    try {
      const images = await (await fetch('images?page=' + (page - 1))).json();
      if (mine !== asked) return;
      main.replaceChildren(...images.map(draw));
      state.textContent = 'of ' + pages;
    } catch {
      state.textContent = 'of ' + pages + '. ae watch has ended, or the database can no longer be read.';
    }
  };
  const go = (by) => show(Number(input.value) + by);
  previous.addEventListener('click', () => go(-1));
  next.addEventListener('click', () => go(1));
  input.addEventListener('change', () => go(0));
  document.querySelector('form').addEventListener('submit', (event) => { event.preventDefault(); go(0); });
  document.addEventListener('keydown', ({ key, target }) => {
    if (target === input) return;
    if (key === 'ArrowLeft') go(-1);
    if (key === 'ArrowRight') go(1);
  });
  window.addEventListener('hashchange', () => show(Number(location.hash.slice(1))));
  show(Number(location.hash.slice(1)));
})();
`;

/** Returns the page for `count` images. */
export function imagesPage(name: string, count: number, perPage: number): string {
  const title = name.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${style}</style>
</head>
<body data-count="${count}" data-per-page="${perPage}">
<h1>${title}</h1>
<p>${count.toLocaleString('en-US')} images, in the order of their keys. Arrow keys turn pages.</p>
<form><button type="button">Previous</button><label>Page <input type="number" min="1" step="1"></label><output></output><button type="button">Next</button></form>
<main></main>
<script>${script}</script>
</body>
</html>
`;
}
