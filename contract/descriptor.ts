import { z } from 'zod';

/** The network that makes descriptors: dlib's, as face-api runs it. */
export const DESCRIPTOR_MODEL = 'dlib_resnet-07989c5d5df0';
export const DESCRIPTOR_LENGTH = 128;

/** What `models/` has a calibration of descriptors under. They are compared at unit length, as templates are. */
export const DESCRIPTOR_CALIBRATION = 'descriptor-07989c5d5df0';

/** A person is taken for another at this similarity (1 - Euclidean distance) or above. */
export const DESCRIPTOR_THRESHOLD = 0.45;

/** Lengths (L2) that a descriptor may have. Of 118 photographs, 9 in 10 of face-api's have 1.31 to 1.54. */
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
