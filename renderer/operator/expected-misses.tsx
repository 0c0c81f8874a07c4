import { expectedMissRate, referencesMissing, visitsPerMiss, type ShownFace } from '#contract';
import { t } from '../i18n.ts';

/** How often a person is expected not to be recognised, and what would mend that. */
export function ExpectedMisses({ face: { differing } }: { readonly face: ShownFace }) {
  const rate = expectedMissRate(differing);
  if (rate === null) return null;
  const missing = referencesMissing(differing);
  return (
    <span data-testid="misses" data-missing={missing}>
      {t('people.misses', { visits: visitsPerMiss(rate) })}
      {missing > 0 && ` ${t('people.addMore', { count: missing })}`}
    </span>
  );
}
