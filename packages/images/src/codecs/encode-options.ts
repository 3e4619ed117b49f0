/** Image formats that can be written. */
export const encodedKinds = ['jpeg', 'png', 'webp'] as const;

/** An image format that can be written. */
export type EncodedKind = (typeof encodedKinds)[number];
