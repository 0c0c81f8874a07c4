import { useState } from 'preact/hooks';
import { DisplayName, type KioskOutput, type ShownFace } from '#contract';
import { t } from '../i18n.ts';
import { announce } from '../ui/announce.tsx';
import { Button } from '../ui/button.tsx';
import { FormError } from '../ui/form-error.tsx';
import { status } from '../appliance.ts';
import { ConsentTick } from './consent-tick.tsx';
import { EnrolDuplicate } from './enrol-duplicate.tsx';
import { EnrolResult } from './enrol-result.tsx';
import { labelOf } from './label.ts';
import { isKeyOrNone, NameAndKey } from './name-and-key.tsx';
import { PictureSource, type Source } from './picture-source.tsx';
import { usePictures } from './pictures.ts';
import { refusalText } from './refusal-text.ts';
import { ask } from './session.ts';

/** `addedTo`: whose pictures these became, when that was somebody enrolled before. */
type Outcome = KioskOutput<'people.enrol'> & { readonly addedTo?: string };
type Suspect = Outcome['suspectedDuplicates'][number];

interface Props {
  /** Somebody just enrolled is to get more pictures. */
  readonly onAddPictures: (face: ShownFace) => void;
}

/** A new person: name, key and pictures. */
export function Enrol({ onAddPictures }: Props) {
  const [name, setName] = useState('');
  const [key, setKey] = useState('');
  const [source, setSource] = useState<Source>('camera');
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [consented, setConsented] = useState(false);
  const terms = status.value?.settings.consent ?? null;
  const pictures = usePictures();

  const keyIsValid = isKeyOrNone(key);
  const nameIsValid = DisplayName.safeParse(name).success;
  const complete = nameIsValid && keyIsValid && pictures.list.length > 0 && (terms === null || consented);

  const restart = (): void => {
    pictures.clear();
    setOutcome(null);
    setTried(false);
    if (!outcome?.face) return;
    setName('');
    setKey('');
    setConsented(false);
  };
  const attempt = async (work: () => Promise<Outcome>): Promise<void> => {
    setError(null);
    setBusy(true);
    try {
      setOutcome(await work());
    } catch (failure) {
      setOutcome(null);
      setError(await refusalText(failure, key.trim()));
    } finally {
      setBusy(false);
    }
  };
  const images = (): Uint8Array[] => pictures.list.map((picture) => picture.bytes);
  const enrol = (allowDuplicate: boolean): Promise<void> =>
    attempt(async () => {
      const result = await ask('people.enrol', {
        metadata: { name: name.trim() },
        externalKey: key.trim() || null,
        source,
        images: images(),
        allowDuplicate,
        consented: consented && terms !== null ? terms.version : null,
      });
      announce(headline(result, name.trim()));
      return result;
    });
  const addTo = (suspect: Suspect): Promise<void> =>
    attempt(async () => {
      const result = await ask('people.add-pictures', { faceId: suspect.faceId, source, images: images() });
      const added = { ...result, suspectedDuplicates: [], addedTo: labelOf(suspect) };
      announce(headline(added, name.trim()));
      return added;
    });
  const submit = (): void => {
    setTried(true);
    if (complete) void enrol(false);
  };

  if (outcome && !outcome.face && outcome.suspectedDuplicates.length > 0) {
    return (
      <EnrolDuplicate
        name={name.trim()}
        pictures={pictures.list}
        suspects={outcome.suspectedDuplicates}
        busy={busy}
        onAdd={(suspect) => void addTo(suspect)}
        onAnyway={() => void enrol(true)}
        onBack={() => setOutcome(null)}
      />
    );
  }
  if (outcome)
    return (
      <EnrolResult
        outcome={outcome}
        title={headline(outcome, name.trim())}
        pictures={pictures.list}
        onAddPictures={onAddPictures}
        onContinue={restart}
      />
    );
  return (
    <section class="panel" aria-labelledby="enrol-title">
      <h1 id="enrol-title">{t('enrol.title')}</h1>
      <form
        class="enrol"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <div class="enrol-person">
          <NameAndKey
            name={name}
            nameIsWrong={tried && !nameIsValid}
            onName={setName}
            externalKey={key}
            keyHint={t('enrol.keyHint')}
            onExternalKey={setKey}
            testId="enrol"
          />
        </div>
        <fieldset class="enrol-pictures">
          <legend>{t('enrol.source')}</legend>
          <PictureSource pictures={pictures} source={source} onSource={setSource} />
          {tried && pictures.list.length === 0 && (
            <p class="field-error" role="alert">
              {t('enrol.imagesMissing')}
            </p>
          )}
        </fieldset>
        <div class="enrol-submit">
          {terms && (
            <ConsentTick
              {...{ terms, value: consented, onValue: setConsented, missing: tried && !consented }}
            />
          )}
          <FormError text={error} testId="enrol-error" />
          <Button tone="primary" disabled={busy} testId="enrol-submit">
            {t(busy ? 'enrol.working' : 'enrol.submit')}
          </Button>
        </div>
      </form>
    </section>
  );
}

function headline({ face, suspectedDuplicates, addedTo }: Outcome, name: string): string {
  if (face) return addedTo === undefined ? t('enrol.done', { name }) : t('enrol.added', { name: addedTo });
  return t(suspectedDuplicates.length > 0 ? 'enrol.duplicateTitle' : 'enrol.noneUsable');
}
