import { useEffect, useRef, useState } from 'preact/hooks';
import { expectedMissRate, visitsPerMiss, type Face, type FacePage, type ShownFace } from '#contract';
import { status } from '../appliance.ts';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';
import { errorText, formatDate, t } from '../i18n.ts';
import { announce } from '../ui/announce.tsx';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { TextField } from '../ui/field.tsx';
import { FormError } from '../ui/form-error.tsx';
import { Remark } from '../ui/remark.tsx';
import { Cards } from './cards.tsx';
import { GiveCodeDialog } from './give-code.tsx';
import { Import } from './import.tsx';
import { labelOf } from './label.ts';
import { Panel } from './panel.tsx';
import { Pager } from './pager.tsx';
import { Person } from './person.tsx';
import { RemoveDialog } from './remove-person.tsx';
import { ask, mayLetPassAs } from './session.ts';

const PAGE_SIZE = 20;
/** Wait for a pause in typing. */
const SEARCH_DELAY_MS = 200;

interface Props {
  /** Whose page is shown first, to add pictures; null: the list. */
  readonly toAdd: ShownFace | null;
}

/** Everyone enrolled here: find, edit and remove. */
export function People({ toAdd }: Props) {
  const [query, setQuery] = useState('');
  const [offset, setOffset] = useState(0);
  const [version, setVersion] = useState(0);
  const [page, setPage] = useState<FacePage | null>(null);
  const [error, setError] = useState<KioskErrorCode | null>(null);
  const [leaving, setLeaving] = useState<Face | null>(null);
  // When the change of model ends, the list says who must be enrolled again; what is decided about a store that was set back
  // may erase people.
  const isChangingModel = Boolean(status.value?.modelChange);
  const isSetBack = Boolean(status.value?.setBack);
  const [isImporting, setImporting] = useState(false);
  const [showsCards, setShowsCards] = useState(false);
  const [shown, setShown] = useState<{ face: ShownFace; isAdding: boolean } | null>(
    toAdd && { face: toAdd, isAdding: true },
  );
  const [receiving, setReceiving] = useState<Face | null>(null);
  /** Who was removed last. */
  const [removed, setRemoved] = useState<string | null>(null);
  /** A person's page was left, and the list is not read again yet. */
  const isBack = useRef(false);

  useEffect(() => {
    let wanted = true;
    const load = async (): Promise<void> => {
      try {
        const next = await ask('people.list', { query: query.trim(), offset, limit: PAGE_SIZE });
        if (!wanted) return;
        setError(null);
        // The last person of the last page is gone: show the page before.
        if (next.faces.length === 0 && offset > 0) setOffset(Math.max(0, offset - PAGE_SIZE));
        // Who was edited may no longer have what was searched for.
        else if (next.total === 0 && query !== '' && isBack.current) search('');
        else setPage(next);
        isBack.current = false;
      } catch (failure) {
        if (wanted) setError(codeOf(failure));
      }
    };
    const timer = setTimeout(() => void load(), query === '' ? 0 : SEARCH_DELAY_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [query, offset, version, isChangingModel, isSetBack]);

  const search = (text: string): void => {
    setQuery(text);
    setOffset(0);
    setRemoved(null);
  };
  const open = (face: ShownFace): void => {
    setShown({ face, isAdding: false });
    setRemoved(null);
  };
  const onRemoved = (face: Face): void => {
    const text = t('people.removed', { name: labelOf(face) });
    announce(text);
    setRemoved(text);
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
  if (showsCards) return <Cards onClose={() => setShowsCards(false)} />;
  if (shown) {
    return (
      <Person
        face={shown.face}
        isAdding={shown.isAdding}
        onFace={(face) => setShown({ face, isAdding: false })}
        onRemoved={onRemoved}
        onClose={() => {
          isBack.current = true;
          setShown(null);
          setVersion((now) => now + 1);
        }}
      />
    );
  }
  return (
    <Panel
      name="people"
      title={t('people.title')}
      beside={
        <>
          {page && (
            <Remark kind="count" text={t('people.count', { count: page.total })} testId="people-count" />
          )}
          {status.value?.settings.cards && (
            <Button tone="secondary" testId="cards-open" onClick={() => setShowsCards(true)}>
              {t('cards.title')}
            </Button>
          )}
          <Button tone="secondary" testId="import" onClick={() => setImporting(true)}>
            {t('import.title')}
          </Button>
        </>
      }
    >
      {removed && <Remark kind="saved" text={removed} testId="people-said" />}
      <TextField label={t('people.search')} value={query} onValue={search} testId="people-search" />
      <FormError text={error && errorText(error)} testId="people-error" />
      {page &&
        (page.total === 0 ? (
          <Nobody searching={query !== ''} />
        ) : (
          <List page={page} onRemove={setLeaving} onEdit={open} onGiveCode={setReceiving} />
        ))}
      {page && <Pager {...{ offset, size: PAGE_SIZE, total: page.total, onOffset: setOffset }} />}
      {leaving && <RemoveDialog face={leaving} onClose={() => setLeaving(null)} onRemoved={onRemoved} />}
      {receiving && (
        <GiveCodeDialog face={receiving} name={labelOf(receiving)} onClose={() => setReceiving(null)} />
      )}
    </Panel>
  );
}

function Nobody({ searching }: { readonly searching: boolean }) {
  return (
    <Empty
      icon={searching ? 'search' : 'people'}
      title={t(searching ? 'people.noMatch' : 'people.none')}
      testId="people-empty"
    >
      <p>{t(searching ? 'people.noMatchHint' : 'people.noneHint')}</p>
    </Empty>
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
    <table class="people people-list" data-testid="people-list">
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
              <bdi>{face.metadata.name ?? t('people.noName')}</bdi>{' '}
              {face.reEnrol && (
                <span class="badge" data-testid="re-enrol">
                  {t('people.reEnrol')}
                </span>
              )}
            </th>
            <td class="people-key" data-label={t('people.key')}>
              <bdi dir="ltr">{face.externalKey ?? '–'}</bdi>
            </td>
            <td class="people-short" data-label={t('people.missed')} data-testid="missed">
              {missedOf(face)}
            </td>
            <td class="people-short" data-label={t('people.lastSeen')} data-testid="last-seen">
              {face.lastSeenAt === null ? '–' : dayOf(face.lastSeenAt)}
            </td>
            <td>
              <div class="people-actions">
                <Action face={face} name="edit" testId="edit" onAct={onEdit} />
                {mayLetPassAs(face) && (
                  <Action face={face} name="giveCode" testId="give-code" onAct={onGiveCode} />
                )}
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
    <Button
      tone="quiet"
      label={t(`people.${name}Named`, { name: labelOf(face) })}
      testId={testId}
      onClick={() => onAct(face)}
    >
      {t(`people.${name}`)}
    </Button>
  );
}
