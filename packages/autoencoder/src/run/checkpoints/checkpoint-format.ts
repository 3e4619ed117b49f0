/** The name of the format, in the metadata of a checkpoint. */
export const checkpointFormat = 'ae-checkpoint-1';
