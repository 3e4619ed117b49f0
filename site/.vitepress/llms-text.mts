/** Writes llms.txt, which lists each page with its first paragraph for language models, and llms-full.txt, all pages except the API. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SiteConfig } from 'vitepress';
import { contents } from './contents.mts';

/** Returns the first paragraph of a page in plain text, on one line. */
function firstParagraph(text: string): string {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '').replace(/<!--[\s\S]*?-->/g, '');
  const paragraphs = prose.split(/\n\s*\n/).map((paragraph) => paragraph.trim());
  const first = paragraphs.find((paragraph) => /^[A-Z`*@[]/.test(paragraph) && !paragraph.startsWith('![')) ?? '';
  return first.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('\n', ' ');
}

/** @throws Error if the contents name a page that does not exist, or lack a page */
export async function writeLlmsText({ outDir, srcDir, pages }: SiteConfig): Promise<void> {
  const addressOf = (page: string) => `/${page.replace(/\.md$/, '').replace(/(^|\/)index$/, '$1')}`;
  const sources = new Map(pages.map((page) => [addressOf(page), page]));
  const listed = contents.flatMap(({ items }) => items.map(({ link }) => link));
  const missing = listed.filter((link) => !sources.has(link));
  const extra = [...sources.keys()].filter(
    (link) => link !== '/' && !link.startsWith('/api/') && !listed.includes(link),
  );
  if (missing.length + extra.length > 0) {
    throw new Error(
      `contents.mts: names pages that do not exist: ${missing.join(', ') || 'none'}; lacks pages: ${extra.join(', ') || 'none'}.`,
    );
  }
  const overview: string[] = [
    '# @ae',
    '',
    '> Image autoencoders in TypeScript: from a folder of images to reconstructions.',
  ];
  const full: string[] = [];
  for (const { text: section, items } of contents) {
    overview.push('', `## ${section}`, '');
    for (const { text: title, link } of items) {
      const text = await readFile(path.join(srcDir, sources.get(link) ?? ''), 'utf8');
      const words = link.startsWith('/api/') ? `Everything that ${title} exports, with types.` : firstParagraph(text);
      overview.push(`- [${title}](${link.replace(/\/$/, '/index')}.html): ${words}`);
      if (!link.startsWith('/api/')) full.push(`<!-- ${link} -->\n\n${text.trim()}\n`);
    }
  }
  await writeFile(path.join(outDir, 'llms.txt'), `${overview.join('\n')}\n`);
  await writeFile(path.join(outDir, 'llms-full.txt'), full.join('\n'));
}
