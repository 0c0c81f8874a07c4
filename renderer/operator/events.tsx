import { useEffect, useState } from 'preact/hooks';
import { DOOR_EVENT_KINDS, type KioskInput, type KioskOutput } from '#contract';
import { listen } from '../bridge/bridge.ts';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';
import { errorText, formatDate, t } from '../i18n.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { FormError } from '../ui/form-error.tsx';
import { Icon } from '../ui/icon.tsx';
import { Segments } from '../ui/segments.tsx';
import { AuditList } from './audit-list.tsx';
import { reasonTexts } from './event-words.ts';
import { Panel } from './panel.tsx';
import { ask } from './session.ts';

type ShownEvent = KioskOutput<'events.list'>['events'][number];

/** Of a page as the appliance gives it; fewer are the last. */
const PAGE_SIZE = 50;
/** More in one list would not be read. */
const MOST = 500;

type Query = KioskInput<'events.list'>;
type Filter = 'all' | 'granted' | 'refused' | 'door';
const FILTERS: Record<Filter, Query> = {
  all: {},
  granted: { outcomes: ['granted'] },
  refused: { outcomes: ['denied', 'undecided'] },
  door: { kinds: [...DOOR_EVENT_KINDS] },
};

/** Whether an event that happened just now belongs to the list. */
function fits({ outcomes, kinds }: Query, { outcome, kind }: ShownEvent): boolean {
  return (!outcomes || outcomes.some((each) => each === outcome)) && (!kinds || kinds.includes(kind));
}

/** What happened here, and what the audit log says. */
export function Events() {
  const [isAudit, setAudit] = useState(false);
  return isAudit ? (
    <AuditList onClose={() => setAudit(false)} />
  ) : (
    <EventList onAudit={() => setAudit(true)} />
  );
}

/** What happened here, the newest first, as it happens. */
function EventList({ onAudit }: { readonly onAudit: () => void }) {
  const [filter, setFilter] = useState<Filter>('all');
  const [events, setEvents] = useState<readonly ShownEvent[] | null>(null);
  const [isWhole, setWhole] = useState(false);
  const [error, setError] = useState<KioskErrorCode | null>(null);

  const load = async (before: number | null): Promise<ShownEvent[] | null> => {
    try {
      const { kinds = null, outcomes = null } = FILTERS[filter];
      const page = await ask('events.list', { before, kinds, outcomes });
      setError(null);
      setWhole(page.events.length < PAGE_SIZE);
      return page.events;
    } catch (failure) {
      setError(codeOf(failure));
      return null;
    }
  };

  useEffect(() => {
    let wanted = true;
    setEvents(null);
    void load(null).then((first) => wanted && first && setEvents(first));
    // Told, not asked for: a question would count as the operator's activity.
    const unlisten = listen('events.added', (event) => {
      if (!fits(FILTERS[filter], event)) return;
      setEvents(
        (now) => now && [event, ...now.filter(({ number }) => number !== event.number)].slice(0, MOST),
      );
    });
    return () => {
      wanted = false;
      unlisten();
    };
  }, [filter]);

  const more = async (): Promise<void> => {
    const next = await load(events?.at(-1)?.number ?? null);
    if (next) setEvents((now) => now && [...now, ...next]);
  };

  return (
    <Panel
      name="events"
      title={t('events.title')}
      beside={
        <Button tone="secondary" testId="audit" onClick={onAudit}>
          {t('audit.title')}
        </Button>
      }
    >
      <fieldset>
        <legend class="visually-hidden">{t('events.filter.label')}</legend>
        <Segments
          name="events"
          options={Object.keys(FILTERS) as Filter[]}
          value={filter}
          textOf={(each) => t(`events.filter.${each}`)}
          onValue={setFilter}
        />
      </fieldset>
      <FormError text={error && errorText(error)} testId="events-error" />
      {events?.length === 0 && <Empty icon="clock" title={t('events.none')} testId="events-empty" />}
      {events && events.length > 0 && (
        <ol class="events" data-testid="events-list">
          {events.map((event) => (
            <EventLine key={event.number} event={event} />
          ))}
        </ol>
      )}
      {events && !isWhole && events.length < MOST && (
        <Button tone="secondary" testId="events-more" onClick={() => void more()}>
          {t('events.more')}
        </Button>
      )}
    </Panel>
  );
}

/** How an event looks: granted, refused, or to be looked at. */
const toneOf = ({ outcome, kind }: ShownEvent): string => {
  if (outcome === 'granted') return 'granted';
  return outcome === null && !CALM.has(kind) ? 'alarm' : 'other';
};

/** What nobody has to look at. */
const CALM: ReadonlySet<ShownEvent['kind']> = new Set([
  'door-closed',
  'door-mended',
  'exit-requested',
  'alternative-offered',
  'alternative-chosen',
  'visitor-signed-out',
]);

/** A measure to so many digits as tell something. */
const shortened = (_key: string, value: unknown): unknown =>
  typeof value === 'number' ? Number(value.toPrecision(4)) : value;

function EventLine({ event }: { readonly event: ShownEvent }) {
  const { at, kind, outcome, name, externalKey, faceId, level, detail, scores, reasons, direction } = event;
  const title =
    outcome === null
      ? t(`events.kind.${kind as Exclude<typeof kind, 'decision'>}`)
      : t(`events.outcome.${outcome}`);
  const who = name ?? externalKey ?? (faceId === null ? null : t('events.gone'));
  return (
    <li class={`event event-${toneOf(event)}`} data-testid="event" data-kind={kind} data-outcome={outcome}>
      <details>
        <summary>
          <time dateTime={at}>{formatDate(new Date(at), { dateStyle: 'short', timeStyle: 'medium' })}</time>
          <strong>{title}</strong>
          {who && <bdi class="event-who">{who}</bdi>}
          <Icon name="down" />
        </summary>
        <ul class="event-why">
          {reasonTexts(reasons).map((text) => (
            <li key={text}>{text}</li>
          ))}
          {direction && <li>{t(`events.direction.${direction}`)}</li>}
          {level && <li>{t(`events.level.${level}`)}</li>}
          {detail && (
            <li>
              <bdi>{detail}</bdi>
            </li>
          )}
        </ul>
        {scores !== null && (
          <details class="event-scores">
            <summary>
              {t('events.scores')}
              <Icon name="down" />
            </summary>
            <pre dir="ltr">{JSON.stringify(scores, shortened, 1)}</pre>
          </details>
        )}
      </details>
    </li>
  );
}
