import { describeTrainingParity } from './training-parity';

// All steps: training-parity.slow.test.ts.
describeTrainingParity(6);
