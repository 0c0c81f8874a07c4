import { ASSURANCE_LEVELS, isLower, LintelError, type AssuranceLevel, type SettingsPatch } from '#contract';

/**
 * Whether settings may be changed so, whoever changes them.
 * @param place whether a grant opens a door, and the least level that a server's policy permits
 * @throws LintelError `assurance-opens-no-door`, `assurance-below-policy`
 */
export function requireAllowed(
  { assurance }: SettingsPatch,
  { hasDoor, leastLevel }: { readonly hasDoor: boolean; readonly leastLevel: AssuranceLevel },
): void {
  if (assurance === undefined) return;
  if (hasDoor && !ASSURANCE_LEVELS[assurance].opensDoors) throw new LintelError('assurance-opens-no-door');
  if (isLower(assurance, leastLevel)) throw new LintelError('assurance-below-policy');
}
