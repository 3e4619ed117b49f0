import { describeTrainingParity } from './training-parity';

describeTrainingParity(50);
