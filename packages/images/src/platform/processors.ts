import os from 'node:os';

/** Returns the number of processors. In its own file, so that decoding threads load it without everything else that only Node.js has. */
export const processors = (): number => os.availableParallelism();
