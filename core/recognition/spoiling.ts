import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LintelError } from '#contract/errors';
import { SpoilingTable } from '#contract/models';
import { APPEARANCE_LENGTH, appearanceOf } from './appearance.ts';
import type { FaceMeasurements, SpoilingFinding } from './quality.ts';
import type { Template } from './types.ts';

export type JudgeSpoiling = (evidence: SpoilingEvidence) => SpoilingFinding;

/** What is known of a face that may be spoiled. */
export interface SpoilingEvidence {
  readonly template: Template;
  readonly measurements: SpoilingMeasures;
  /** See `printOf`. */
  readonly print: Uint8Array;
}

type SpoilingMeasures = Pick<
  FaceMeasurements,
  'embeddingNorm' | 'landmarkShift' | 'confidence' | 'detail' | 'contrast' | 'meanLuma'
>;

/**
 * What is judged besides template and appearance, each so that its spread is about the same over its range. Contrast is
 * that of the reflected light, so that a dark picture does not count as a dull one.
 * The order is that of the weights in a {@link SpoilingTable}; those that a table has no weight for do not count.
 */
export function spoilingFeatures({
  embeddingNorm,
  landmarkShift,
  confidence,
  detail,
  contrast,
  meanLuma,
}: SpoilingMeasures): number[] {
  return [
    embeddingNorm ?? 0,
    Math.log(Math.max(landmarkShift, 0.1)),
    -Math.log10(1 - Math.min(confidence, 1 - 1e-7)),
    Math.log(Math.max(detail, 1e-3)),
    Math.log(Math.max(contrast, 0.1) / Math.max(meanLuma, 1)),
  ];
}

/**
 * `spoiling`: what tells spoiled pictures from others; in each kind they are more alike than people are, since their
 * templates hold the spoiling instead of the person. `covers`: what tells faces with a mask or sunglasses from bare ones.
 */
export type DiscriminantsOf = 'spoiling' | 'covers';

/**
 * @param modelsDir folder of `<modelId>.spoiling.json` and `<modelId>.covers.json`
 * @returns null for a model that has none
 * @throws LintelError `model-corrupt` where it is damaged or another model's
 */
export async function loadDiscriminants(
  modelsDir: string,
  modelId: string,
  of: DiscriminantsOf,
): Promise<JudgeSpoiling | null> {
  const name = `${modelId}.${of}.json`;
  let text: string;
  try {
    text = await readFile(join(modelsDir, name), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new LintelError('model-corrupt', name, { cause: error });
  }
  try {
    const table = SpoilingTable.parse(JSON.parse(text));
    if (table.modelId === modelId) return judgeWith(table);
  } catch (error) {
    throw new LintelError('model-corrupt', name, { cause: error });
  }
  throw new LintelError('model-corrupt', name);
}

/** The discriminants of a table, ready to be asked. */
export function judgeWith({ kinds }: SpoilingTable): JudgeSpoiling {
  const discriminants = kinds.map(({ code, template, appearance, measures, offset }) => ({
    code,
    template: floatsOf(template),
    appearance: appearance === undefined ? new Float32Array(APPEARANCE_LENGTH) : floatsOf(appearance),
    measures,
    offset,
  }));
  return ({ template, measurements, print }) => {
    const features = spoilingFeatures(measurements);
    const appearance = appearanceOf(print);
    const findings = discriminants.map((weights) => ({
      code: weights.code,
      likeness:
        weights.offset +
        dot(weights.template, template) +
        dot(weights.appearance, appearance) +
        dot(weights.measures, features),
    }));
    return findings.reduce((most, one) => (one.likeness > most.likeness ? one : most));
  };
}

/** Of little-endian bytes in base 64. */
function floatsOf(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
