/** The exercise with CommonJS. */
const autoencoder = require('@ae/autoencoder');
const images = require('@ae/images');
const layers = require('@ae/layers');
const lmdbDatum = require('@ae/lmdb-datum');
const tf = require('@tensorflow/tfjs-core');

import('./exercise.mjs')
  .then(({ exercise }) => exercise({ autoencoder, images, layers, lmdbDatum, tf }, 'cjs'))
  .catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
