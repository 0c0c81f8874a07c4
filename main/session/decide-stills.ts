import type { Decision } from '#contract';
import type { AnalysedFrame } from '#core/liveness';
import { decideVisit, fitFrames, type People } from './decide-visit.ts';

const DISAGREEING: Decision = { outcome: 'undecided', reasons: ['ambiguous'], hints: [], person: null };

/**
 * The decision on stills alone: nobody was asked to show that they live, so that each still by itself has to show the same person
 * enrolled. In a visit with steps the best one decides.
 */
export async function decideStills(
  stills: readonly Pick<AnalysedFrame, 'moment' | 'analysis'>[],
  people: People,
  samePersonSimilarity: number,
): Promise<Decision> {
  const seen = { passed: true, reasons: [], missed: [] };
  const { decision } = await decideVisit(stills, seen, people, samePersonSimilarity, async () => null);
  if (decision.outcome !== 'granted') return decision;
  const found = await Promise.all(fitFrames(stills).map(({ face }) => people.identify(face.template)));
  const agree =
    found.length === stills.length &&
    found.every((each) => each.kind === 'known' && each.person.faceId === decision.person?.faceId);
  return agree ? decision : DISAGREEING;
}
