/** Configures the site, whose pages pages.mjs copies and whose reference api.mjs generates. It loads nothing from other hosts. */
import { defineConfig } from 'vitepress';
import { contents } from './contents.mts';
import { writeLlmsText } from './llms-text.mts';

/** Returns the anchor of a heading, as GitHub makes it, so that a link works in both places. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

export default defineConfig({
  title: '@ae',
  description: 'Image autoencoders in TypeScript: from a folder of images to reconstructions.',
  lang: 'en-US',
  srcDir: 'pages',
  markdown: { anchor: { slugify: anchorOf } },
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  themeConfig: {
    sidebar: contents.map((section) => ({ ...section, items: [...section.items] })),
    outline: [2, 3],
    search: { provider: 'local' },
  },
  vite: { build: { chunkSizeWarningLimit: 5000 } }, // the search's index is one file
  buildEnd: writeLlmsText,
});
