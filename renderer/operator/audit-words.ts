import { z } from 'zod';
import type { KioskOutput } from '#contract';
import { t } from '../i18n.ts';

type Line = KioskOutput<'audit.list'>['lines'][number];

/** Kinds of entries that an appliance makes. */
const KINDS = [
  'signed-in',
  'sign-in-refused',
  'enrolled',
  'references-added',
  'references-removed',
  'face-updated',
  'face-deleted',
  'erased',
  'external-key-set',
  'access-code-set',
  'consent-given',
  'consent-withdrawn',
  'decision',
  'checkpoint',
  'templates-skipped',
  'template-removed',
  'face-refused',
  'external-key-removed',
  'face-evicted',
  'card-issued',
  'card-revoked',
  'conflict-resolved',
  'server-joined',
  'server-left',
  'policy-followed',
  'removals-confirmed',
  'model-switched',
  'collection-created',
  'collection-updated',
  'collection-reset',
  'collection-deleted',
  'access-policy-set',
  'door-set',
  'metrics-set',
  'event-target-added',
  'event-target-removed',
  'operator-added',
  'operator-role-set',
  'operator-pin-set',
  'operator-removed',
  'pin-reset',
  'key-changed',
  'restored',
  'set-back-noticed',
  'set-back-settled',
  'clock-doubted',
  'clock-trusted',
  'retention-applied',
  'audit-pruned',
  'audit-gap',
  'drill-began',
  'drill-visit',
  'drill-ended',
] as const;
const Kind = z.enum(KINDS);

/** Entries whose details are put into words as well. */
const Told = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('settings-changed'), changes: z.record(z.string(), z.unknown()) }),
  z.object({ kind: z.literal('exported'), what: z.enum(['audit-log', 'backup', 'person']) }),
]);

/** What an entry of the audit log says; null where it has no words but its own. */
export function auditWords({ kind, details }: Pick<Line, 'kind' | 'details'>): string | null {
  const known = Kind.safeParse(kind);
  if (known.success) return t(`audit.kind.${known.data}`);
  const told = Told.safeParse({ ...(JSON.parse(details) as object), kind });
  if (!told.success) return null;
  return told.data.kind === 'exported'
    ? t(`audit.exported.${told.data.what}`)
    : t('audit.settingsChanged', { settings: Object.keys(told.data.changes).join(', ') });
}
