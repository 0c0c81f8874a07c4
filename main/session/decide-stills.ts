import type { Decision } from '#contract';
import type { AnalysedFrame } from '#core/liveness';
import type { Identity } from '#core/matching';
import type { Person } from './decide-person.ts';
import { decideVisit, type People } from './decide-visit.ts';

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
  const found: Identity<Person>[] = [];
  const noted: People = {
    count: () => people.count(),
    identify: async (template) => {
      const identity = await people.identify(template);
      found.push(identity);
      return identity;
    },
  };
  const { decision } = await decideVisit(stills, seen, noted, samePersonSimilarity, async () => null);
  if (decision.outcome !== 'granted') return decision;
  const agree =
    found.length === stills.length &&
    found.every((each) => each.kind === 'known' && each.person.faceId === decision.person?.faceId);
  return agree ? decision : DISAGREEING;
}
