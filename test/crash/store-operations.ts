import { z } from 'zod';
import { FaceId } from '#contract';
import type { NewReference } from '#core/store';
import { randomTemplate, seeded } from '../../core/matching/testing/random-templates.ts';

/** What the child of the crash test does to its store, and how it tells: one JSON line before and one after each. */

export const COLLECTION = 'c';
export const MODEL = 'model-1';
export const DIMENSION = 128;

const ofFace = { faceId: FaceId };
export const Operation = z.discriminatedUnion('op', [
  z.object({ op: z.literal('enrol'), ...ofFace, externalKey: z.string().nullable(), references: z.int() }),
  z.object({ op: z.literal('add-references'), ...ofFace, references: z.int() }),
  z.object({ op: z.literal('set-key'), ...ofFace, externalKey: z.string() }),
  z.object({ op: z.literal('delete'), ...ofFace }),
  z.object({ op: z.literal('erase'), ...ofFace }),
  z.object({ op: z.literal('migrate') }),
  z.object({ op: z.literal('backup'), file: z.string() }),
  z.object({ op: z.literal('renew-templates') }),
  z.object({ op: z.literal('rotate-data-key') }),
  z.object({ op: z.literal('wrap-data-key') }),
]);
export type Operation = z.infer<typeof Operation>;

export const Message = z.discriminatedUnion('when', [
  z.object({ when: z.literal('ready') }),
  z.object({ when: z.literal('before'), operation: Operation }),
  z.object({ when: z.literal('after') }),
]);
export type Message = z.infer<typeof Message>;

/** The reference of a face with a number: the same in every process. */
export function referenceOf(faceId: string, number: number): NewReference {
  const random = seeded(Number.parseInt(faceId.slice(5, 13), 16) + number);
  return {
    modelId: MODEL,
    template: randomTemplate(DIMENSION, random),
    quality: 1,
    source: 'camera',
    image: Buffer.alloc(3000, number),
  };
}

/** References `from` to `to`, without the last. */
export const referencesOf = (faceId: string, from: number, to: number): NewReference[] =>
  Array.from({ length: to - from }, (_, i) => referenceOf(faceId, from + i));
