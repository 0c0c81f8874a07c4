import { useEffect, useState } from 'preact/hooks';
import { DisplayName, NewVisitor, type KioskOutput, type Visitor } from '#contract';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';
import { errorText, formatDate, t } from '../i18n.ts';
import { listen } from '../bridge/bridge.ts';
import { Dialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { PresentList } from './present-list.tsx';
import { ask } from './session.ts';

const PAGE_SIZE = 100;

type Page = KioskOutput<'visitors.list'>;

/** Who is expected, who is here, and how they are signed out and forgotten. */
export function Visitors() {
  const [page, setPage] = useState<Page | null>(null);
  const [version, setVersion] = useState(0);
  const [error, setError] = useState<KioskErrorCode | null>(null);
  const [given, setGiven] = useState<KioskOutput<'visitors.add'> | null>(null);
  const [isListing, setListing] = useState(false);
  const again = (): void => setVersion((now) => now + 1);

  useEffect(() => {
    let wanted = true;
    const load = async (): Promise<void> => {
      try {
        const next = await ask('visitors.list', { limit: PAGE_SIZE });
        if (wanted) setPage(next);
      } catch (failure) {
        if (wanted) setError(codeOf(failure));
      }
    };
    void load();
    return () => {
      wanted = false;
    };
  }, [version]);
  // Somebody signs in or out at the kiosk.
  useEffect(() => listen('events.added', (event) => event.visitorId !== undefined && again()), []);

  const act = async (channel: 'visitors.sign-out' | 'visitors.remove', visitor: Visitor): Promise<void> => {
    setError(null);
    try {
      await ask(channel, { visitorId: visitor.visitorId });
    } catch (failure) {
      // Somebody else was faster.
      if (codeOf(failure) !== 'visitor-not-found') setError(codeOf(failure));
    }
    again();
  };

  if (isListing) return <PresentList onClose={() => setListing(false)} />;
  return (
    <section class="panel" aria-labelledby="visitors-title">
      <div class="panel-head">
        <h1 id="visitors-title">{t('visitors.title')}</h1>
        <button
          type="button"
          class="button button-secondary"
          data-testid="who-is-here"
          onClick={() => setListing(true)}
        >
          {t('visitors.here')}
        </button>
      </div>
      <ExpectForm
        onAdded={(added) => {
          setGiven(added);
          again();
        }}
      />
      {error && (
        <p class="form-error" role="alert" data-testid="visitors-error">
          {errorText(error)}
        </p>
      )}
      {page?.total === 0 && (
        <div class="empty" data-testid="visitors-empty">
          <Icon name="people" />
          <h2>{t('visitors.none')}</h2>
        </div>
      )}
      {page && page.total > 0 && (
        <ul class="visitors" data-testid="visitors-list">
          {page.visitors.map((visitor) => (
            <li key={visitor.visitorId} class="visitor" data-testid="visitor" data-state={stateOf(visitor)}>
              <div class="visitor-who">
                <strong>
                  <bdi>{visitor.name}</bdi>
                </strong>
                {visitor.host !== null && <bdi>{t('visitors.visits', { host: visitor.host })}</bdi>}
                <span class="hint">{t(`visitors.state.${stateOf(visitor)}`, { time: timeOf(visitor) })}</span>
              </div>
              <div class="people-actions">
                {stateOf(visitor) === 'here' && (
                  <button
                    type="button"
                    class="button button-quiet"
                    data-testid="visitor-sign-out"
                    onClick={() => void act('visitors.sign-out', visitor)}
                  >
                    {t('visitors.signOut')}
                  </button>
                )}
                <button
                  type="button"
                  class="button button-quiet"
                  aria-label={t('visitors.removeNamed', { name: visitor.name })}
                  data-testid="visitor-remove"
                  onClick={() => void act('visitors.remove', visitor)}
                >
                  {t('visitors.remove')}
                </button>
              </div>
            </li>
          ))}
        </ul>
      )}
      {given && (
        <Dialog labelledBy="visitor-code-title" onClose={() => setGiven(null)}>
          <h2 id="visitor-code-title">{t('people.codeShown', { name: given.visitor.name })}</h2>
          <p class="given-code" dir="ltr" data-testid="visitor-code" data-code={given.code}>
            {given.code.replace(/(..)(?=.)/g, '$1 ')}
          </p>
          <p>{t('visitors.codeOnce')}</p>
          <div class="dialog-buttons">
            <button
              type="button"
              class="button button-primary"
              data-testid="visitor-code-done"
              onClick={() => setGiven(null)}
            >
              {t('people.codeDone')}
            </button>
          </div>
        </Dialog>
      )}
    </section>
  );
}

const stateOf = ({ signedInAt, signedOutAt, until }: Visitor): 'here' | 'left' | 'over' | 'expected' => {
  if (signedInAt !== null) return signedOutAt === null ? 'here' : 'left';
  return Date.parse(until) <= Date.now() ? 'over' : 'expected';
};

const timeOf = ({ signedInAt, signedOutAt, from, until }: Visitor): string => {
  const at = signedOutAt ?? signedInAt ?? (Date.parse(from) > Date.now() ? from : until);
  return formatDate(new Date(at), { dateStyle: 'short', timeStyle: 'short' });
};

/** Days that somebody is expected for, from now on to the end of the last one. */
const DAYS = [1, 2, 7, 30] as const;

function ExpectForm({ onAdded }: { readonly onAdded: (added: KioskOutput<'visitors.add'>) => void }) {
  const [name, setName] = useState('');
  const [host, setHost] = useState('');
  const [hostEmail, setHostEmail] = useState('');
  const [days, setDays] = useState<number>(1);
  const [tried, setTried] = useState(false);
  const [error, setError] = useState<KioskErrorCode | null>(null);
  const visitor = NewVisitor.safeParse({
    name,
    host: host.trim() || null,
    hostEmail: hostEmail.trim() || null,
    ...span(days),
  });
  const nameIsValid = DisplayName.safeParse(name).success;
  const submit = async (): Promise<void> => {
    setTried(true);
    if (!visitor.success) return;
    setError(null);
    try {
      onAdded(await ask('visitors.add', visitor.data));
      setName('');
      setHost('');
      setHostEmail('');
      setTried(false);
    } catch (failure) {
      setError(codeOf(failure));
    }
  };
  return (
    <form
      class="visitor-form"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <TextField
        label={t('visitors.name')}
        value={name}
        onValue={setName}
        maxLength={200}
        error={tried && !nameIsValid ? t('enrol.nameMissing') : null}
        testId="visitor-name"
      />
      <TextField
        label={t('visitors.host')}
        value={host}
        onValue={setHost}
        maxLength={200}
        testId="visitor-host"
      />
      <TextField
        label={t('visitors.hostEmail')}
        value={hostEmail}
        onValue={setHostEmail}
        maxLength={254}
        latin
        error={tried && nameIsValid && !visitor.success ? t('visitors.emailInvalid') : null}
        testId="visitor-email"
      />
      <fieldset>
        <legend>{t('visitors.for')}</legend>
        <div class="segments">
          {DAYS.map((each) => (
            <label key={each} class="segment">
              <input
                type="radio"
                name="visitor-days"
                checked={days === each}
                data-testid={`visitor-days-${each}`}
                onChange={() => setDays(each)}
              />
              {each === 1 ? t('visitors.today') : t('visitors.days', { count: each })}
            </label>
          ))}
        </div>
      </fieldset>
      {error && (
        <p class="form-error" role="alert">
          {errorText(error)}
        </p>
      )}
      <button type="submit" class="button button-primary" data-testid="visitor-add">
        {t('visitors.add')}
      </button>
    </form>
  );
}

function span(days: number): { from: string; until: string } {
  const [from, until] = [new Date(), new Date()];
  from.setHours(0, 0, 0, 0);
  until.setHours(24 * days, 0, 0, 0);
  return { from: from.toISOString(), until: until.toISOString() };
}
