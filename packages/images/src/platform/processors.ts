import os from 'node:os';

/** Returns the number of processors. A file of its own, for threads that decode load it and nothing else that only Node.js has. */
export const processors = (): number => os.availableParallelism();
