/** Ordinary files, opened without waiting for them: as @ae/images opens those of images. */
export * from '@ae/images/files';
