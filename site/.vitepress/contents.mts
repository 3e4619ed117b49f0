/** The site's contents: what stands in the sidebar, in this order. A page that is not here is an error of the build. */

export interface Entry {
  readonly text: string;
  readonly link: string;
}

export interface Section {
  readonly text: string;
  readonly collapsed?: boolean;
  readonly items: readonly Entry[];
}

const entry = (text: string, link: string): Entry => ({ text, link });

export const contents: readonly Section[] = [
  {
    text: 'Start',
    items: [
      entry('Overview', '/overview'),
      entry('From photographs to a report', '/guide'),
      entry('Quickstart', '/examples/quickstart'),
    ],
  },
  {
    text: 'By task',
    items: [
      entry('Search my photographs', '/search'),
      entry('Find odd pictures', '/odd-images'),
      entry('Open a Caffe LMDB', '/caffe-lmdb'),
      entry('Read an LMDB in a page', '/anywhere'),
      entry('Import images', '/importing'),
      entry('Convert between forms', '/converting'),
      entry('Train on ImageNet', '/examples/imagenet'),
      entry('More machines', '/more-machines'),
      entry('Another runtime', '/another-runtime'),
      entry('Use it on a server', '/server'),
      entry('In a bundler', '/bundlers'),
      entry('Coming from another framework', '/coming-from'),
      entry('Troubleshooting', '/troubleshooting'),
    ],
  },
  {
    text: 'How it works',
    items: [
      entry('How masks matter', '/masks'),
      entry('Recipes', '/recipes'),
      entry('Engines', '/engines'),
      entry('Speed', '/speed'),
      entry('Benchmarks', '/benchmarks'),
      entry('What can be read', '/schemas'),
      entry("LMDB's format", '/lmdb-format'),
      entry('Architecture', '/architecture'),
    ],
  },
  {
    text: 'Reference',
    items: [
      entry('The commands of ae', '/commands'),
      entry('The ae command', '/packages/cli'),
      entry('@ae/autoencoder', '/packages/autoencoder'),
      entry('@ae/layers', '/packages/layers'),
      entry('@ae/lmdb-datum', '/packages/lmdb-datum'),
      entry('@ae/images', '/packages/images'),
    ],
  },
  {
    text: 'API',
    collapsed: true,
    items: [
      entry('@ae/autoencoder', '/api/autoencoder/'),
      entry('@ae/layers', '/api/layers/'),
      entry('@ae/lmdb-datum', '/api/lmdb-datum/'),
      entry('@ae/images', '/api/images/'),
    ],
  },
  {
    text: 'Examples',
    collapsed: true,
    items: [
      entry('In the browser', '/examples/browser'),
      entry('Look through an LMDB', '/examples/lmdb-page'),
      entry('Images that look alike', '/examples/embed'),
      entry('Array jobs', '/examples/cluster'),
      entry('The reader alone', '/examples/reader-alone'),
    ],
  },
  {
    text: 'Working on it',
    collapsed: true,
    items: [
      entry('Contributing', '/contributing'),
      entry('Add a kernel, an engine, a schema', '/extending'),
      entry('Versions and platforms', '/versioning'),
      entry('Security', '/security'),
    ],
  },
];
