/** The exercise with ES modules. */
import * as autoencoder from '@ae/autoencoder';
import * as images from '@ae/images';
import * as layers from '@ae/layers';
import * as lmdbDatum from '@ae/lmdb-datum';
import * as tf from '@tensorflow/tfjs-core';
import { exercise } from './exercise.mjs';

await exercise({ autoencoder, images, layers, lmdbDatum, tf }, 'esm');
