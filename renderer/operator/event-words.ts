import { ACCESS_REASONS, LightReason, type EventReason } from '#contract';
import { t } from '../i18n.ts';

const isAccess = (reason: EventReason): reason is (typeof ACCESS_REASONS)[number] =>
  (ACCESS_REASONS as readonly string[]).includes(reason);

const isLight = (reason: EventReason): reason is LightReason =>
  (LightReason.options as readonly EventReason[]).includes(reason);

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
  'door-unanswered',
  'sensors-unanswered',
] as const satisfies readonly EventReason[];

const isOwn = (reason: EventReason): reason is (typeof OWN)[number] =>
  (OWN as readonly EventReason[]).includes(reason);

/**
 * Why a visit ended as it did and what can be mended, in the words that the visitor saw where there were any. Reasons that
 * are told in the same words are told once.
 */
export const reasonTexts = (reasons: readonly EventReason[]): string[] => [
  ...new Set(reasons.map(reasonText)),
];

function reasonText(reason: EventReason): string {
  if (isAccess(reason)) return t(`noAccess.${reason}`);
  if (isLight(reason)) return t('tryAgain.light');
  return isOwn(reason) ? t(`events.reason.${reason}`) : t(`tryAgain.${reason}`);
}
