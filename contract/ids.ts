import { z } from 'zod';

/** Collection id: 1 to 512 of `A-Z a-z 0-9 - _ .` (docs: Create Collection). */
export const CollectionId = z.string().regex(/^[A-Za-z0-9_.-]{1,512}$/);

/** External key: 1 to 512 of printable ASCII 0x21..0x7E (docs: External Key Format). */
export const ExternalKey = z.string().regex(/^[\x21-\x7e]{1,512}$/);

/** Face id: `face_` and 128 random bits in hexadecimal. */
export const FaceId = z.string().regex(/^face_[0-9a-f]{32}$/);

/** An id that a caller asks for; perhaps nothing has it. No id has control characters, and PostgreSQL refuses a query with U+0000. */
export const namedId = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((id) => !/\p{Cc}/u.test(id), 'No control characters.');

/** Id of an embedding model. */
export const ModelId = z.string().regex(/^[\x20-\x7e]{1,256}$/);

/** Confidence from 0 to 100; see `core/matching/calibration.ts` for what it promises. */
export const Confidence = z.number().min(0).max(100);

/** A user who asks for a confidence of 0.8 or 1 means 80 or 100: as it is, it would match every stranger with a person enrolled. */
export const isNoShare = (confidence: number): boolean => confidence === 0 || confidence > 1;

/** Least confidence of a match where the caller names none (docs: Search Face). */
export const DEFAULT_THRESHOLD = 80;

/** Digits of a face session's id: a visitor types them, or a scanner does. */
export const SESSION_ID_DIGITS = 12;

export const FaceSessionId = z.string().regex(new RegExp(`^\\d{${SESSION_ID_DIGITS}}$`));
