/** The site: pages.mjs lays its pages out, api.mjs adds the reference. Nothing is loaded from other hosts. */
import { defineConfig } from 'vitepress';
import { contents } from './contents.mts';
import { writeLlmsText } from './llms-text.mts';

export default defineConfig({
  title: '@ae',
  description: 'Image autoencoders in TypeScript: from a folder of images to reconstructions.',
  lang: 'en-US',
  srcDir: 'pages',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  themeConfig: {
    sidebar: contents.map((section) => ({ ...section, items: [...section.items] })),
    outline: [2, 3],
    search: { provider: 'local' },
  },
  vite: { build: { chunkSizeWarningLimit: 5000 } }, // the search's index is one file
  buildEnd: writeLlmsText,
});
