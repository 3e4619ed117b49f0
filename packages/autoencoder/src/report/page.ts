import { html, Markup } from './html';
import { script } from './script';
import { style } from './style';

export interface Page {
  readonly title: string;
  /** Above the title. */
  readonly kicker: string;
  /** Below the title. */
  readonly lede: Markup;
  readonly sections: readonly PageSection[];
  readonly createdAt: string;
}

export interface PageSection {
  readonly id: string;
  /** In the table of contents. */
  readonly name: string;
  readonly heading: string;
  readonly content: Markup;
}

/** The browser itself refuses everything that is not part of the page. */
const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/** Renders a page that needs no other file. */
export function renderPage({ title, kicker, lede, sections, createdAt }: Page): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<header>
<p class="kicker">${kicker}</p>
<h1>${title}</h1>
<div class="lede">${lede}</div>
</header>
<nav aria-label="Contents"><ul>${sections.map(({ id, name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
<main>
${sections.map(
  ({ id, heading, content }) => html`<section id="${id}">
<h2>${heading}</h2>
${content}
</section>
`,
)}</main>
<footer><p>Made by @ae/autoencoder on ${formatDate(createdAt)}. A single file; nothing is loaded from elsewhere.</p></footer>
<div id="tip" role="status" hidden></div>
<script>${new Markup(script)}</script>
</body>
</html>
`;
  return page.text;
}

/** `2026-11-23T15:40:00.000Z` -> `23 November 2026, 15:40 UTC`. */
function formatDate(iso: string): string {
  const date = new Date(iso);
  const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  return `${day}, ${date.toISOString().slice(11, 16)} UTC`;
}
