import { useEffect, useState } from 'preact/hooks';
import { DisplayName, NewVisitor, type KioskOutput, type Visitor } from '#contract';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';
import { errorText, formatDate, t } from '../i18n.ts';
import { listen } from '../bridge/bridge.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { TextField } from '../ui/field.tsx';
import { FormError } from '../ui/form-error.tsx';
import { Segments } from '../ui/segments.tsx';
import { CodeDialog } from './code-dialog.tsx';
import { Panel } from './panel.tsx';
import { PresentList } from './present-list.tsx';
import { ask } from './session.ts';
import { useLoad } from './use-load.ts';

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

  useLoad(() => ask('visitors.list', { limit: PAGE_SIZE }), setPage, setError, [version]);
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
    <Panel
      name="visitors"
      title={t('visitors.title')}
      beside={
        <Button tone="secondary" testId="who-is-here" onClick={() => setListing(true)}>
          {t('visitors.here')}
        </Button>
      }
    >
      <ExpectForm
        onAdded={(added) => {
          setGiven(added);
          again();
        }}
      />
      <FormError text={error && errorText(error)} testId="visitors-error" />
      {page?.total === 0 && <Empty icon="people" title={t('visitors.none')} testId="visitors-empty" />}
      {page && page.total > 0 && (
        <ul class="visitors" data-testid="visitors-list">
          {page.visitors.map((visitor) => (
            <li key={visitor.visitorId} class="visitor" data-testid="visitor" data-state={stateOf(visitor)}>
              <div class="visitor-who">
                <strong>
                  <bdi>{visitor.name}</bdi>
                </strong>
                {visitor.host !== null && <bdi>{t('visitors.visits', { host: visitor.host })}</bdi>}
                <span class="hint">{whenOf(visitor)}</span>
              </div>
              <div class="people-actions">
                {stateOf(visitor) === 'here' && (
                  <Button
                    tone="quiet"
                    testId="visitor-sign-out"
                    onClick={() => void act('visitors.sign-out', visitor)}
                  >
                    {t('visitors.signOut')}
                  </Button>
                )}
                <Button
                  tone="quiet"
                  label={t('visitors.removeNamed', { name: visitor.name })}
                  testId="visitor-remove"
                  onClick={() => void act('visitors.remove', visitor)}
                >
                  {t('visitors.remove')}
                </Button>
              </div>
            </li>
          ))}
        </ul>
      )}
      {given && (
        <CodeDialog
          name={given.visitor.name}
          code={given.code}
          hint={t('visitors.codeOnce')}
          testIds={{ code: 'visitor-code', done: 'visitor-code-done' }}
          onClose={() => setGiven(null)}
        />
      )}
    </Panel>
  );
}

const stateOf = ({ signedInAt, signedOutAt, until }: Visitor): 'here' | 'left' | 'over' | 'expected' => {
  if (signedInAt !== null) return signedOutAt === null ? 'here' : 'left';
  return Date.parse(until) <= Date.now() ? 'over' : 'expected';
};

/** What became of a visitor, and when, or when they may come. */
function whenOf(visitor: Visitor): string {
  const { signedInAt, signedOutAt, from, until } = visitor;
  const isLater = signedInAt === null && Date.parse(from) > Date.now();
  const at = signedOutAt ?? signedInAt ?? (isLater ? from : until);
  const time = formatDate(new Date(at), { dateStyle: 'short', timeStyle: 'short' });
  return t(`visitors.state.${isLater ? 'later' : stateOf(visitor)}`, { time });
}

/** Days that somebody is expected for, from now on to the end of the last one. */
const DAYS = [1, 2, 7, 30] as const;

function ExpectForm({ onAdded }: { readonly onAdded: (added: KioskOutput<'visitors.add'>) => void }) {
  const [name, setName] = useState('');
  const [host, setHost] = useState('');
  const [hostEmail, setHostEmail] = useState('');
  const [days, setDays] = useState<(typeof DAYS)[number]>(1);
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
        error={tried && !nameIsValid ? t('enrol.nameMissing') : null}
        testId="visitor-name"
      />
      <TextField label={t('visitors.host')} value={host} onValue={setHost} testId="visitor-host" />
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
        <Segments
          name="visitor-days"
          options={DAYS}
          value={days}
          textOf={(each) => (each === 1 ? t('visitors.today') : t('visitors.days', { count: each }))}
          onValue={setDays}
        />
      </fieldset>
      <FormError text={error && errorText(error)} />
      <Button tone="primary" testId="visitor-add">
        {t('visitors.add')}
      </Button>
    </form>
  );
}

function span(days: number): { from: string; until: string } {
  const [from, until] = [new Date(), new Date()];
  from.setHours(0, 0, 0, 0);
  until.setHours(24 * days, 0, 0, 0);
  return { from: from.toISOString(), until: until.toISOString() };
}
