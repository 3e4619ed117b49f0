/** The sidebar of the site. A page that is missing here makes the build fail. */

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
      entry('Read an LMDB anywhere', '/anywhere'),
      entry('Import images', '/importing'),
      entry('Convert between formats', '/converting'),
      entry('Train on ImageNet', '/examples/imagenet'),
      entry('Use more machines', '/more-machines'),
      entry('Export to another runtime', '/another-runtime'),
      entry('Run it on a server', '/server'),
      entry('Use a bundler', '/bundlers'),
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
      entry('Commands and options', '/commands'),
      entry('@ae/cli', '/packages/cli'),
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
    text: 'Contributing',
    collapsed: true,
    items: [
      entry('Working on @ae', '/contributing'),
      entry('Add a kernel, engine, or schema', '/extending'),
      entry('Versions and platforms', '/versioning'),
      entry('Security', '/security'),
    ],
  },
];
