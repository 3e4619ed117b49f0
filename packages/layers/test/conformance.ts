import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { describeTrainingKernels } from './conformance/kernels';
import { describeNetwork } from './conformance/network';
import { describePooling } from './conformance/pooling';
import { describeRobustness } from './conformance/robustness';
import { describeUnpooling } from './conformance/unpooling';
import { describeZonalCodes } from './conformance/zonal-codes';

/** What a backend's test tells the suite. */
export interface BackendUnderTest {
  /** Registers the kernels and makes the backend the current one. */
  setUp: () => void | Promise<void>;
  /** Undoes what `setUp` started. */
  tearDown?: () => void | Promise<void>;
  /** The backend's name in tfjs. */
  backend: string;
  /** The backend looks at every index and throws for one that names no position; the others leave its value out. */
  throwsForInvalidIndices?: boolean;
  /** False if training kernels can't do with a batch of 0, such as a bias gradient that sums nothing. Default true. */
  trainsEmptyBatches?: boolean;
  /** The greatest size of an image whose positions the backend can name; it throws beyond. Default: no limit below 2^31. */
  mostPositions?: number;
}

/**
 * Runs everything that a backend must be able to do for this package: pooling, unpooling, zonal codes, and what training needs,
 * compared in value, shape, dtype and gradient with PyTorch and NumPy.
 */
export function describeConformance(name: string, underTest: BackendUnderTest): void {
  describe(`conformance: ${name}`, { timeout: 60_000 }, () => {
    beforeAll(async () => {
      await underTest.setUp();
      await tf.ready();
      expect(tf.getBackend()).toBe(underTest.backend);
    });
    afterAll(() => underTest.tearDown?.());
    beforeEach(() => tf.engine().startScope());
    afterEach(() => tf.engine().endScope());

    describePooling(underTest.mostPositions);
    describeUnpooling(underTest.throwsForInvalidIndices ?? false, underTest.mostPositions);
    describeRobustness();
    describeZonalCodes();
    describeTrainingKernels({ emptyBatches: underTest.trainsEmptyBatches ?? true });
    describeNetwork();
  });
}
