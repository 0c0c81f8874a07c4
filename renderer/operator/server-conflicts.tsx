import { useState } from 'preact/hooks';
import type { SyncStatus } from '#contract';
import { t } from '../i18n.ts';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { labelOf } from './label.ts';
import type { Act } from './sync-act.ts';
import { choicesOf, dayOrMoment, moment, sidesOf, type Choice } from './sync-words.ts';

type Conflict = SyncStatus['conflicts'][number];
type Person = SyncStatus['people'][number];

interface Props {
  readonly conflicts: readonly Conflict[];
  readonly people: readonly Person[];
  readonly busy: boolean;
  readonly act: Act;
}

/** What was done in two places and does not go together: an operator has to decide. */
export function Conflicts({ conflicts, people, busy, act }: Props) {
  const [merging, setMerging] = useState<Conflict | null>(null);
  if (conflicts.length === 0) return null;
  const decide = async ({ conflictId }: Conflict, { resolution }: Choice): Promise<void> => {
    await act('sync.resolve', { conflictId, resolution }, t('server.decided'));
    setMerging(null);
  };
  const merge = merging && choicesOf(merging).find(({ isFinal }) => isFinal);
  return (
    <section class="conflicts" aria-labelledby="conflicts-title">
      <h2 id="conflicts-title">{t('server.conflictsTitle')}</h2>
      {conflicts.map((conflict) => (
        <OneConflict
          key={conflict.conflictId}
          conflict={conflict}
          people={people}
          busy={busy}
          onChoice={(choice) => {
            if (choice.isFinal) setMerging(conflict);
            else void decide(conflict, choice);
          }}
        />
      ))}
      {merging && merge && (
        <Confirm
          title={t('server.mergeTitle')}
          action={t('server.merge')}
          tone="danger"
          testId="merge"
          onClose={() => setMerging(null)}
          onConfirm={() => decide(merging, merge)}
        >
          {t('server.mergeText', namesOf(merging, people))}
        </Confirm>
      )}
    </section>
  );
}

interface OneProps {
  readonly conflict: Conflict;
  readonly people: readonly Person[];
  readonly busy: boolean;
  readonly onChoice: (choice: Choice) => void;
}

function OneConflict({ conflict, people, busy, onChoice }: OneProps) {
  const { kind } = conflict;
  const [first, second] = sidesOf(conflict, people);
  const names = namesOf(conflict, people);
  return (
    <article class="card" data-testid="conflict" data-kind={kind}>
      <p>{kind === 'external-key' ? t('server.keyConflict', names) : t('server.lookAlike', names)}</p>
      <div class="sides">
        <Side person={first} />
        <Side person={second} />
      </div>
      <div class="conflict-choices">
        {choicesOf(conflict).map((choice) => (
          <Button
            key={choice.resolution}
            tone="secondary"
            disabled={busy}
            testId={`resolve-${choice.resolution}`}
            onClick={() => onChoice(choice)}
          >
            {t(choice.text, names)}
          </Button>
        ))}
      </div>
    </article>
  );
}

/** One of the two. */
function Side({ person }: { readonly person: Person | null }) {
  if (person === null) return <p class="side">{t('server.elsewhere')}</p>;
  const { metadata, externalKey, createdAt } = person;
  const { access, consent } = metadata;
  return (
    <dl class="side facts" data-testid="side">
      <dt>{t('people.name')}</dt>
      <dd>
        <bdi>{metadata.name ?? t('people.noName')}</bdi>
      </dd>
      <dt>{t('people.key')}</dt>
      <dd>
        <bdi dir="ltr">{externalKey ?? '–'}</bdi>
      </dd>
      <dt>{t('people.added')}</dt>
      <dd>{moment(createdAt)}</dd>
      <dt>{t('server.groups')}</dt>
      <dd>
        <bdi dir="ltr">{access?.groups.join(', ') || '–'}</bdi>
      </dd>
      <dt>{t('server.validFrom')}</dt>
      <dd>{dayOrMoment(access?.validFrom ?? null)}</dd>
      <dt>{t('server.validUntil')}</dt>
      <dd>{dayOrMoment(access?.validUntil ?? null)}</dd>
      <dt>{t('consent.versionLabel')}</dt>
      <dd>
        <bdi dir="ltr">{consent?.version ?? '–'}</bdi>
      </dd>
    </dl>
  );
}

/** The words of its two sides, for a sentence. */
function namesOf(conflict: Conflict, people: readonly Person[]) {
  const [first, second] = sidesOf(conflict, people);
  return {
    first: isolated(nameOf(first)),
    second: isolated(nameOf(second)),
    key: isolated(conflict.externalKey ?? ''),
  };
}

const nameOf = (person: Person | null): string =>
  person === null ? t('server.somebodyElse') : labelOf(person);

/** Unicode's isolates: a name keeps its own direction within a sentence. */
const isolated = (text: string): string => `\u2068${text}\u2069`;
