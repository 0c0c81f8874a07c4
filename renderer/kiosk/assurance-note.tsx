import type { AssuranceLevel } from '#contract';
import { status } from '../appliance.ts';
import { t } from '../i18n.ts';

/** The levels at which visitors are told that less is proved than usual: those below `DEFAULT_LEVEL`. */
const NOTES = {
  presence: 'assurance.presence',
  light: 'assurance.light',
} as const satisfies Partial<Record<AssuranceLevel, string>>;

/** Says so where less is proved than usual: who stands by can look out for pictures that are held up. */
export function AssuranceNote() {
  const level = status.value?.assurance;
  if (level === undefined || !(level in NOTES)) return null;
  return (
    <p class="assurance-note" data-testid="assurance-note">
      {t(NOTES[level as keyof typeof NOTES])}
    </p>
  );
}
