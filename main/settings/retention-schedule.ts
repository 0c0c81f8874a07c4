import type { Settings } from '#contract';

/** What is kept, for how long, and what ends it. */
export interface RetentionLine {
  readonly what: string;
  /** Days; null: not by age. */
  readonly days: number | null;
  readonly rule: string;
}

/** One line for each kind of personal data, as the settings have it. @param isPaired whether the appliance has a server */
export function retentionSchedule(
  { keepImages, keepPeopleDays, keepEventDays, keepVisitorDays, keepAuditDays, consent }: Settings,
  isPaired: boolean,
): RetentionLine[] {
  const days = isPaired ? null : keepPeopleDays;
  const seen = 'after the person was last here, was pictured or gave consent';
  const people = days === null ? 'until the person is removed or consent is withdrawn' : seen;
  return [
    { what: 'Pictures of visitors', days: 0, rule: 'in memory during the visit, never stored' },
    { what: 'People: name, key, templates, consent', days, rule: isPaired ? `${people}; ${PAIRED}` : people },
    { what: 'Pictures of people enrolled', ...imagesLine(keepImages) },
    { what: 'Expected visitors: name, host', days: keepVisitorDays, rule: 'after the end of the visit' },
    {
      what: 'Cards issued or revoked: number, dates, face id of who was enrolled',
      days: null,
      rule: 'until their key is changed; those revoked for good',
    },
    { what: 'Events', days: keepEventDays, rule: 'after they happened; at most 200,000' },
    { what: 'Audit log, with consent given and withdrawn', days: keepAuditDays, rule: 'after each entry' },
    {
      what: 'Consent',
      days: null,
      rule: consent === null ? 'not asked' : `text ${consent.version}, for ${consent.purpose}`,
    },
  ];
}

const PAIRED = 'not by age, since the other places of the server may have seen them';

function imagesLine(keepImages: Settings['keepImages']): Omit<RetentionLine, 'what'> {
  if (typeof keepImages === 'number') return { days: keepImages, rule: 'after they were taken' };
  if (keepImages === 'never') return { days: 0, rule: 'not kept' };
  return {
    days: null,
    rule:
      keepImages === 'always'
        ? 'as long as the person'
        : 'until the server has them; without one, as long as the person',
  };
}
