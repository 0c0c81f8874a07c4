import { z } from 'zod';

/** The network that makes descriptors: dlib's, as face-api runs it. */
export const DESCRIPTOR_MODEL = 'dlib_resnet-07989c5d5df0';
export const DESCRIPTOR_LENGTH = 128;

/**
 * Lengths (L2) that a descriptor may have. Of 312 photographs face-api makes descriptors of 1.2 to 1.6; one near the
 * origin would be about as far from everybody.
 */
export const DESCRIPTOR_NORM = { least: 1, most: 2 } as const;

/** Numbers that face-api makes of a face in place of a picture. */
export const DescriptorNumbers = z
  .array(z.number().min(-1).max(1))
  .length(DESCRIPTOR_LENGTH)
  .refine((numbers) => {
    const norm = Math.hypot(...numbers);
    return norm >= DESCRIPTOR_NORM.least && norm <= DESCRIPTOR_NORM.most;
  }, `The length of a descriptor is ${DESCRIPTOR_NORM.least} to ${DESCRIPTOR_NORM.most}.`)
  .describe('128 numbers of face-api');
