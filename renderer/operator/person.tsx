import { useState } from 'preact/hooks';
import { DisplayName, type KioskOutput, type ShownFace } from '#contract';
import { status } from '../appliance.ts';
import { codeOf } from '../bridge/errors.ts';
import { errorText, formatDate, t } from '../i18n.ts';
import { announce } from '../ui/announce.tsx';
import { Button } from '../ui/button.tsx';
import { FormError } from '../ui/form-error.tsx';
import { Remark } from '../ui/remark.tsx';
import { AskConsentDialog } from './ask-consent.tsx';
import { ExpectedMisses } from './expected-misses.tsx';
import { GiveCardDialog } from './give-card.tsx';
import { GiveCodeDialog } from './give-code.tsx';
import { KeptPictures } from './kept-pictures.tsx';
import { labelOf } from './label.ts';
import { isKeyOrNone, NameAndKey } from './name-and-key.tsx';
import { InnerPanel } from './panel.tsx';
import { PictureSource, type Source } from './picture-source.tsx';
import { usePictures } from './pictures.ts';
import { refusalText } from './refusal-text.ts';
import { RemoveDialog } from './remove-person.tsx';
import { ask, mayLetPassAs } from './session.ts';

interface Props {
  readonly face: ShownFace;
  /** More pictures are to be added, at once. */
  readonly isAdding: boolean;
  readonly onFace: (face: ShownFace) => void;
  readonly onClose: () => void;
  readonly onRemoved: (face: ShownFace) => void;
}

/** One person: what is known of them, and all that an operator may change. */
export function Person({ face, isAdding, onFace, onClose, onRemoved }: Props) {
  const [dialog, setDialog] = useState<'code' | 'card' | 'consent' | 'remove' | null>(null);
  const [error, setError] = useState<string | null>(null);
  /** What was done last. */
  const [said, setSaid] = useState<string | null>(null);
  const name = labelOf(face);
  const { consent } = face.metadata;
  const terms = status.value?.settings.consent ?? null;
  const close = (): void => setDialog(null);
  const forget = async (): Promise<void> => {
    setError(null);
    setSaid(null);
    try {
      onFace(await ask('people.forget-automatic', { faceId: face.faceId }));
      const text = t('people.forgot', { name });
      announce(text);
      setSaid(text);
    } catch (failure) {
      setError(errorText(codeOf(failure)));
    }
  };
  return (
    <InnerPanel
      name="person"
      title={<bdi>{name}</bdi>}
      beside={said && <Remark kind="saved" text={said} testId="person-said" />}
      onBack={onClose}
    >
      <p class="hint">
        {t('people.addedAt', { date: dateOf(face.createdAt) })}{' '}
        {face.lastSeenAt !== null && t('people.lastSeenAt', { date: dateOf(face.lastSeenAt) })}{' '}
        <ExpectedMisses face={face} />
      </p>
      {(terms !== null || consent) && (
        <p class="hint" data-testid="person-consent">
          {consent
            ? t('consent.noted', { version: consent.version, date: dateOf(consent.givenAt) })
            : t('consent.notNoted')}
        </p>
      )}
      <div class="enrol">
        <EditForm
          key={`${face.externalKey} ${face.metadata.name}`}
          face={face}
          onFace={onFace}
          onSaid={setSaid}
        />
        <fieldset class="enrol-pictures">
          <legend>{t('enrol.source')}</legend>
          <KeptPictures faceId={face.faceId} name={name} version={face.referenceCount} />
          {mayLetPassAs(face) ? (
            <AddPictures face={face} startsAdding={isAdding} onFace={onFace} />
          ) : (
            <p class="hint" data-testid="administrator-only">
              {t('people.administratorOnly')}
            </p>
          )}
        </fieldset>
        <div class="enrol-submit">
          <FormError text={error} />
          <div class="person-ways">
            {mayLetPassAs(face) && (
              <Button tone="secondary" testId="person-code" onClick={() => setDialog('code')}>
                {t('people.giveCode')}
              </Button>
            )}
            {status.value?.settings.cards && !face.reEnrol && (
              <Button tone="secondary" testId="person-card" onClick={() => setDialog('card')}>
                {t('cards.issue')}
              </Button>
            )}
            {terms !== null && consent?.version !== terms.version && (
              <Button tone="secondary" testId="ask-consent" onClick={() => setDialog('consent')}>
                {t('consent.askNow')}
              </Button>
            )}
            {face.automaticReferenceCount > 0 && (
              <Button tone="secondary" testId="forget-automatic" onClick={() => void forget()}>
                {t('people.forget')}
              </Button>
            )}
            <Button tone="danger" testId="person-remove" onClick={() => setDialog('remove')}>
              {t('people.remove')}
            </Button>
          </div>
        </div>
      </div>
      {dialog === 'code' && <GiveCodeDialog face={face} name={name} onClose={close} />}
      {dialog === 'card' && <GiveCardDialog face={face} name={name} onClose={close} onSaid={setSaid} />}
      {dialog === 'consent' && terms !== null && (
        <AskConsentDialog
          face={face}
          terms={terms}
          onClose={close}
          onNoted={(noted) => {
            const text = t('consent.saved');
            announce(text);
            setSaid(text);
            onFace(noted);
            close();
          }}
        />
      )}
      {dialog === 'remove' && <RemoveDialog face={face} onClose={close} onRemoved={() => onRemoved(face)} />}
    </InnerPanel>
  );
}

const dateOf = (time: string): string =>
  formatDate(new Date(time), { dateStyle: 'medium', timeStyle: 'short' });

type Changing = Pick<Props, 'face' | 'onFace'>;

/** Name and external key. */
function EditForm({ face, onFace, onSaid }: Changing & { readonly onSaid: (said: string | null) => void }) {
  const former = { name: face.metadata.name ?? '', key: face.externalKey ?? '' };
  const [name, setName] = useState(former.name);
  const [key, setKey] = useState(former.key);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const nameIsValid = name.trim() === former.name || DisplayName.safeParse(name).success;
  const keyIsValid = isKeyOrNone(key);
  const isChanged = name.trim() !== former.name || key.trim() !== former.key;

  const save = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const changed = await ask('people.edit', {
        faceId: face.faceId,
        ...(name.trim() !== former.name && { name: name.trim() }),
        ...(key.trim() !== former.key && { externalKey: key.trim() || null }),
      });
      announce(t('people.saved', { name: labelOf(changed) }));
      onSaid(t('settings.saved'));
      onFace(changed);
    } catch (failure) {
      setError(await refusalText(failure, key.trim()));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      class="enrol-person"
      onInput={() => onSaid(null)}
      onSubmit={(event) => {
        event.preventDefault();
        if (isChanged && nameIsValid && keyIsValid && !busy) void save();
      }}
    >
      <NameAndKey
        name={name}
        nameIsWrong={!nameIsValid}
        onName={setName}
        externalKey={key}
        onExternalKey={setKey}
        testId="person"
      />
      <FormError text={error} testId="person-error" />
      <Button
        tone="primary"
        disabled={busy || !isChanged || !nameIsValid || !keyIsValid}
        testId="person-save"
      >
        {t('people.save')}
      </Button>
    </form>
  );
}

type Added = KioskOutput<'people.add-pictures'>;

/** More pictures than those that are kept. */
function AddPictures({ face, startsAdding, onFace }: Changing & { readonly startsAdding: boolean }) {
  const [isAdding, setAdding] = useState(startsAdding);
  const [source, setSource] = useState<Source>('camera');
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<readonly string[]>([]);
  const pictures = usePictures();

  const add = async (): Promise<void> => {
    setBusy(true);
    try {
      const images = pictures.list.map(({ bytes }) => bytes);
      const added = await ask('people.add-pictures', { faceId: face.faceId, images, source });
      setSaid(wordsOf(added, labelOf(face)));
      if (!added.face) return;
      pictures.clear();
      setAdding(false);
      onFace(added.face);
    } catch (failure) {
      setSaid([errorText(codeOf(failure))]);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {said.length > 0 && (
        <ul class="hint" role="status" data-testid="added-pictures">
          {said.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      {isAdding && (
        <PictureSource pictures={pictures} source={source} onSource={setSource} faceId={face.faceId} />
      )}
      {isAdding ? (
        <Button
          tone="primary"
          disabled={busy || pictures.list.length === 0}
          testId="add-submit"
          onClick={() => void add()}
        >
          {t(busy ? 'people.adding' : 'people.addPictures')}
        </Button>
      ) : (
        <Button tone="secondary" testId="add-pictures" onClick={() => setAdding(true)}>
          {t('people.addPictures')}
        </Button>
      )}
    </>
  );
}

const wordsOf = ({ face, rejected }: Added, name: string): string[] => [
  face ? t('enrol.added', { name }) : t('enrol.noneUsable'),
  ...rejected.map(({ index, code }) => `${t('enrol.picture', { number: index + 1 })}: ${errorText(code)}`),
];
