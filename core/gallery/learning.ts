import { MAX_REFERENCES_PER_FACE } from '#contract';
import { isWorthLearning, similarity, type Calibration, type Policy } from '#core/matching';
import type { StoredReference } from '#core/store';

/** Between two automatic references of one face: one bad day must not fill them all. */
const LEARN_EVERY_MS = 24 * 60 * 60 * 1000;

/**
 * Whether a face with these references takes the template of a visit as an automatic one: it has room, learned nothing
 * today, and the template is beyond doubt and new.
 * @param compared number of references that the visit was searched in
 */
export function mayLearn(
  references: readonly StoredReference[],
  template: Float32Array,
  compared: number,
  calibration: Calibration,
  policy: Policy,
): boolean {
  const [automatic, firstHand] = [true, false].map((wanted) =>
    references.filter(({ source }) => (source === 'automatic') === wanted),
  ) as [StoredReference[], StoredReference[]];
  if (firstHand.length >= MAX_REFERENCES_PER_FACE) return false;
  if (automatic.some(({ createdAt }) => Date.now() - Date.parse(createdAt) < LEARN_EVERY_MS)) return false;
  const toCompared = (isAutomatic: boolean) => (reference: StoredReference) => ({
    similarity: similarity(reference.template, template),
    automatic: isAutomatic,
  });
  const all = [...firstHand.map(toCompared(false)), ...automatic.map(toCompared(true))];
  return isWorthLearning(all, compared, calibration, policy);
}
