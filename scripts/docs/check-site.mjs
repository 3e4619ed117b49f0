/** Checks the built site: it loads nothing from other hosts, contains all pages and llms.txt, its anchors exist, and its search works. */
import assert from 'node:assert/strict';
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { findChromium, startChromium } from '@ae/testing/chromium';

const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json' };

/** Checks the files of the site, then the site in a browser, if there is one. */
export async function checkSite(folder) {
  checkFiles(folder);
  const chromium = findChromium('the site in a browser');
  if (!chromium) return;
  const server = createServer(({ url }, response) => {
    const file = join(folder, new URL(url, 'http://localhost').pathname.replace(/\/$/, '/index.html'));
    if (!existsSync(file)) return response.writeHead(404).end();
    createReadStream(file).pipe(response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'text/plain' }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await startChromium(chromium);
  try {
    await checkInBrowser(browser, `http://127.0.0.1:${server.address().port}`);
  } finally {
    await browser.close();
    server.close();
  }
}

/** What a page loads, as opposed to what it links to. */
const loaded =
  /<(?:script|img|iframe)\b[^>]*\bsrc="(https?:[^"]*)"|<link\b[^>]*\bhref="(https?:[^"]*)"|url\((https?:[^)]*)\)/g;

function checkFiles(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => /\.(html|css)$/.test(name))) {
    const found = [...readFileSync(join(folder, file), 'utf8').matchAll(loaded)].map(([text]) => text);
    assert.deepEqual(found, [], `${file} loads from other hosts`);
  }
  assert.deepEqual(deadAnchors(folder, files), [], 'links lead to headings that do not exist');
  const list = readFileSync(join(folder, 'llms.txt'), 'utf8');
  const entries = [...list.matchAll(/^- \[[^\]]+\]\(\/([^)]+)\): (.*)$/gm)];
  assert.ok(entries.length > 30, `llms.txt lists ${entries.length} pages`);
  for (const [, page, words] of entries) {
    assert.ok(files.includes(page), `llms.txt lists ${page}, which does not exist`);
    assert.ok(words.length > 20, `llms.txt does not describe ${page}`);
  }
}

/** Returns the links to headings that their pages lack; VitePress itself checks only pages. */
function deadAnchors(folder, files) {
  const pages = files.filter((name) => name.endsWith('.html') && !name.startsWith('api'));
  const textOf = (page) => readFileSync(join(folder, page), 'utf8');
  const anchors = new Map(
    pages.map((page) => [page, new Set([...textOf(page).matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]),
  );
  return pages.flatMap((page) => {
    const links = [...textOf(page).matchAll(/<a [^>]*href="(?:\/([^"#:]*))?#([^"]+)"/g)];
    return links
      .filter(
        ([, target = page, anchor]) => anchors.get(target) && !anchors.get(target).has(decodeURIComponent(anchor)),
      )
      .map(([, target = page, anchor]) => `${page}: ${target}#${anchor}`);
  });
}

async function checkInBrowser(browser, address) {
  const page = await browser.newPage();
  const wrong = [];
  page.on('pageerror', ({ message }) => wrong.push(message));
  page.on('requestfailed', (request) => wrong.push(`failed: ${request.url()}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !url.startsWith('data:')) wrong.push(`loads ${url}`);
  });
  await page.goto(`${address}/overview.html`);
  await page.locator('.VPSidebar').waitFor();
  await page.locator('button.DocSearch').first().click();
  await page.locator('#localsearch-input').fill('maxUnpooling2d');
  await page.locator('.result').first().waitFor();
  const results = await page.locator('.result').allTextContents();
  assert.ok(results.length > 0, 'the search finds nothing');
  await page.locator('.result').first().click();
  await page.waitForURL((url) => url.pathname !== '/overview.html');
  assert.deepEqual(wrong, []);
}
