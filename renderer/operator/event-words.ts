import { ACCESS_REASONS, LightReason, type DecisionReason } from '#contract';
import { t } from '../i18n.ts';

const isAccess = (reason: DecisionReason): reason is (typeof ACCESS_REASONS)[number] =>
  (ACCESS_REASONS as readonly string[]).includes(reason);

const isLight = (reason: DecisionReason): reason is LightReason =>
  (LightReason.options as readonly DecisionReason[]).includes(reason);

/** Reasons that no visitor is told in these words. */
const OWN = [
  'match',
  'match-online',
  'no-match',
  'more-asked',
  'empty-gallery',
  'code',
  'code-wrong',
  'card-invalid',
  'card-revoked',
  'card-outdated',
  'photo-match',
  'photo-no-match',
] as const satisfies readonly DecisionReason[];

const isOwn = (reason: DecisionReason): reason is (typeof OWN)[number] =>
  (OWN as readonly DecisionReason[]).includes(reason);

/**
 * Why a visit ended as it did and what can be mended, in the words that the visitor saw where there were any. Reasons that
 * are told in the same words are told once.
 */
export const reasonTexts = (reasons: readonly DecisionReason[]): string[] => [
  ...new Set(reasons.map(reasonText)),
];

function reasonText(reason: DecisionReason): string {
  if (isAccess(reason)) return t(`noAccess.${reason}`);
  if (isLight(reason)) return t('tryAgain.light');
  return isOwn(reason) ? t(`events.reason.${reason}`) : t(`tryAgain.${reason}`);
}
