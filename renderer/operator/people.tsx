import { useEffect, useState } from 'preact/hooks';
import { expectedMissRate, visitsPerMiss, type Face, type FacePage, type ShownFace } from '#contract';
import { status } from '../appliance.ts';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';
import { errorText, formatDate, t } from '../i18n.ts';
import { announce } from '../ui/announce.tsx';
import { TextField } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { GiveCodeDialog } from './give-code.tsx';
import { Import } from './import.tsx';
import { labelOf } from './label.ts';
import { Person } from './person.tsx';
import { RemoveDialog } from './remove-person.tsx';
import { ask } from './session.ts';

const PAGE_SIZE = 20;
/** Wait for a pause in typing. */
const SEARCH_DELAY_MS = 200;

/** Everyone enrolled here: find, edit and remove. */
export function People() {
  const [query, setQuery] = useState('');
  const [offset, setOffset] = useState(0);
  const [version, setVersion] = useState(0);
  const [page, setPage] = useState<FacePage | null>(null);
  const [error, setError] = useState<KioskErrorCode | null>(null);
  const [leaving, setLeaving] = useState<Face | null>(null);
  // When the change of model ends, the list says who must be enrolled again.
  const isChangingModel = Boolean(status.value?.modelChange);
  const [isImporting, setImporting] = useState(false);
  const [shown, setShown] = useState<ShownFace | null>(null);
  const [receiving, setReceiving] = useState<Face | null>(null);

  useEffect(() => {
    let wanted = true;
    const load = async (): Promise<void> => {
      try {
        const next = await ask('people.list', { query: query.trim(), offset, limit: PAGE_SIZE });
        if (!wanted) return;
        setError(null);
        // The last person of the last page is gone: show the page before.
        if (next.faces.length === 0 && offset > 0) setOffset(Math.max(0, offset - PAGE_SIZE));
        else setPage(next);
      } catch (failure) {
        if (wanted) setError(codeOf(failure));
      }
    };
    const timer = setTimeout(() => void load(), query === '' ? 0 : SEARCH_DELAY_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [query, offset, version, isChangingModel]);

  const search = (text: string): void => {
    setQuery(text);
    setOffset(0);
  };
  const onRemoved = (face: Face): void => {
    announce(t('people.removed', { name: labelOf(face) }));
    setLeaving(null);
    setShown(null);
    setVersion((now) => now + 1);
  };

  if (isImporting) {
    return (
      <Import
        onClose={() => {
          setImporting(false);
          setVersion((now) => now + 1);
        }}
      />
    );
  }
  if (shown) {
    return (
      <Person
        face={shown}
        onFace={setShown}
        onRemoved={onRemoved}
        onClose={() => {
          setShown(null);
          setVersion((now) => now + 1);
        }}
      />
    );
  }
  return (
    <section class="panel" aria-labelledby="people-title">
      <div class="panel-head">
        <h1 id="people-title">{t('people.title')}</h1>
        {page && (
          <p class="count" data-testid="people-count">
            {t('people.count', { count: page.total })}
          </p>
        )}
      </div>
      <TextField
        label={t('people.search')}
        value={query}
        onValue={search}
        maxLength={200}
        testId="people-search"
      />
      <button
        type="button"
        class="button button-secondary people-import"
        data-testid="import"
        onClick={() => setImporting(true)}
      >
        {t('import.title')}
      </button>
      {error && (
        <p class="form-error" role="alert" data-testid="people-error">
          {errorText(error)}
        </p>
      )}
      {page &&
        (page.total === 0 ? (
          <Nobody searching={query !== ''} />
        ) : (
          <List page={page} onRemove={setLeaving} onEdit={setShown} onGiveCode={setReceiving} />
        ))}
      {page && page.total > PAGE_SIZE && <Pager offset={offset} total={page.total} onOffset={setOffset} />}
      {leaving && <RemoveDialog face={leaving} onClose={() => setLeaving(null)} onRemoved={onRemoved} />}
      {receiving && (
        <GiveCodeDialog face={receiving} name={labelOf(receiving)} onClose={() => setReceiving(null)} />
      )}
    </section>
  );
}

function Nobody({ searching }: { readonly searching: boolean }) {
  return (
    <div class="empty" data-testid="people-empty">
      <Icon name={searching ? 'search' : 'people'} />
      <h2>{t(searching ? 'people.noMatch' : 'people.none')}</h2>
      <p>{t(searching ? 'people.noMatchHint' : 'people.noneHint')}</p>
    </div>
  );
}

interface ListProps {
  readonly page: FacePage;
  readonly onRemove: (face: Face) => void;
  readonly onEdit: (face: ShownFace) => void;
  readonly onGiveCode: (face: Face) => void;
}

function List({ page, onRemove, onEdit, onGiveCode }: ListProps) {
  return (
    <table class="people" data-testid="people-list">
      <thead>
        <tr>
          <th scope="col">{t('people.name')}</th>
          <th scope="col">{t('people.key')}</th>
          <th scope="col">{t('people.missed')}</th>
          <th scope="col">{t('people.lastSeen')}</th>
          <th>
            <span class="visually-hidden">{t('people.remove')}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {page.faces.map((face) => (
          <tr key={face.faceId} data-testid="person">
            <th scope="row">
              <bdi>{face.metadata.name ?? t('people.noName')}</bdi>
              {face.reEnrol && (
                <span class="badge" data-testid="re-enrol">
                  {t('people.reEnrol')}
                </span>
              )}
            </th>
            <td class="people-key">
              <bdi dir="ltr">{face.externalKey ?? '–'}</bdi>
            </td>
            <td data-testid="missed">{missedOf(face)}</td>
            <td data-testid="last-seen">{face.lastSeenAt === null ? '–' : dayOf(face.lastSeenAt)}</td>
            <td>
              <div class="people-actions">
                <Action face={face} name="edit" testId="edit" onAct={onEdit} />
                <Action face={face} name="giveCode" testId="give-code" onAct={onGiveCode} />
                <Action face={face} name="remove" testId="remove" onAct={onRemove} />
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const dayOf = (time: string): string => formatDate(new Date(time), { dateStyle: 'medium' });

/** How often a person is expected to be missed. */
function missedOf({ differing }: ShownFace): string {
  const rate = expectedMissRate(differing);
  return rate === null ? '–' : t('people.missedValue', { visits: visitsPerMiss(rate) });
}

interface ActionProps {
  readonly face: ShownFace;
  /** Its texts are `people.<name>`, and `people.<name>Named` for screen readers. */
  readonly name: 'edit' | 'giveCode' | 'remove';
  readonly testId: string;
  readonly onAct: (face: ShownFace) => void;
}

function Action({ face, name, testId, onAct }: ActionProps) {
  return (
    <button
      type="button"
      class="button button-quiet"
      aria-label={t(`people.${name}Named`, { name: labelOf(face) })}
      data-testid={testId}
      onClick={() => onAct(face)}
    >
      {t(`people.${name}`)}
    </button>
  );
}

interface PagerProps {
  readonly offset: number;
  readonly total: number;
  readonly onOffset: (offset: number) => void;
}

function Pager({ offset, total, onOffset }: PagerProps) {
  const isLast = offset + PAGE_SIZE >= total;
  return (
    <div class="pager">
      <button
        type="button"
        class="button button-icon"
        aria-label={t('people.previous')}
        disabled={offset === 0}
        data-testid="page-previous"
        onClick={() => onOffset(offset - PAGE_SIZE)}
      >
        <Icon name="back" />
      </button>
      <span data-testid="page">
        {t('people.page', { page: offset / PAGE_SIZE + 1, pages: Math.ceil(total / PAGE_SIZE) })}
      </span>
      <button
        type="button"
        class="button button-icon"
        aria-label={t('people.next')}
        disabled={isLast}
        data-testid="page-next"
        onClick={() => onOffset(offset + PAGE_SIZE)}
      >
        <Icon name="forward" />
      </button>
    </div>
  );
}
