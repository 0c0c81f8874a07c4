import { useState } from 'preact/hooks';
import { DisplayName, ExternalKey, type KioskOutput } from '#contract';
import { codeOf } from '../bridge/errors.ts';
import { errorText, t } from '../i18n.ts';
import { announce } from '../ui/announce.tsx';
import { TextField } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { EnrolCamera } from './enrol-camera.tsx';
import { EnrolDuplicate } from './enrol-duplicate.tsx';
import { EnrolFiles } from './enrol-files.tsx';
import { EnrolResult } from './enrol-result.tsx';
import { labelOf } from './people.tsx';
import { type Picture, type Pictures, usePictures } from './pictures.ts';
import { ask } from './session.ts';

type Source = 'camera' | 'file';
/** `addedTo`: whose pictures these became, when that was somebody enrolled before. */
type Outcome = KioskOutput<'people.enrol'> & { readonly addedTo?: string };
type Suspect = Outcome['suspectedDuplicates'][number];

const SOURCES = [
  { source: 'camera', icon: 'camera', text: 'enrol.fromCamera' },
  { source: 'file', icon: 'file', text: 'enrol.fromFiles' },
] as const;

/** What to say of a refusal; of a key that another person has, also who that is. */
async function textOf(failure: unknown, key: string): Promise<string> {
  const code = codeOf(failure);
  if (code !== 'external-key-in-use') return errorText(code);
  const found = await ask('people.list', { query: key, offset: 0, limit: 100 }).catch(() => null);
  const holder = found?.faces.find(({ externalKey }) => externalKey === key);
  return holder?.metadata.name ? t('enrol.keyTaken', { name: holder.metadata.name }) : errorText(code);
}

/** A new person: name, key and pictures. */
export function Enrol() {
  const [name, setName] = useState('');
  const [key, setKey] = useState('');
  const [source, setSource] = useState<Source>('camera');
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const pictures = usePictures();

  const keyIsValid = key.trim() === '' || ExternalKey.safeParse(key.trim()).success;
  const nameIsValid = DisplayName.safeParse(name).success;
  const complete = nameIsValid && keyIsValid && pictures.list.length > 0;

  const restart = (): void => {
    pictures.clear();
    setOutcome(null);
    setTried(false);
    if (!outcome?.face) return;
    setName('');
    setKey('');
  };
  const chooseSource = (next: Source): void => {
    pictures.clear();
    setSource(next);
  };
  const attempt = async (work: () => Promise<Outcome>): Promise<void> => {
    setError(null);
    setBusy(true);
    try {
      setOutcome(await work());
    } catch (failure) {
      setOutcome(null);
      setError(await textOf(failure, key.trim()));
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
          <TextField
            label={t('enrol.name')}
            value={name}
            onValue={setName}
            maxLength={200}
            error={
              tried && !nameIsValid ? t(name.trim() === '' ? 'enrol.nameMissing' : 'enrol.nameInvalid') : null
            }
            testId="enrol-name"
          />
          <TextField
            label={t('enrol.key')}
            value={key}
            onValue={setKey}
            maxLength={512}
            latin
            hint={t('enrol.keyHint')}
            error={keyIsValid ? null : t('enrol.keyInvalid')}
            testId="enrol-key"
          />
        </div>
        <fieldset class="enrol-pictures">
          <legend>{t('enrol.source')}</legend>
          <div class="segments">
            {SOURCES.map((each) => (
              <label key={each.source} class="segment">
                <input
                  type="radio"
                  name="source"
                  checked={source === each.source}
                  data-testid={`source-${each.source}`}
                  onChange={() => chooseSource(each.source)}
                />
                <Icon name={each.icon} />
                {t(each.text)}
              </label>
            ))}
          </div>
          {source === 'camera' ? (
            <EnrolCamera
              taken={pictures.list.length}
              onPicture={(picture) => pictures.add([picture])}
              onStart={() => pictures.clear()}
            >
              <Thumbnails pictures={pictures} />
            </EnrolCamera>
          ) : (
            <>
              <EnrolFiles onPictures={(added) => pictures.add(added)} />
              <Thumbnails pictures={pictures} />
            </>
          )}
          {tried && pictures.list.length === 0 && (
            <p class="field-error" role="alert">
              {t('enrol.imagesMissing')}
            </p>
          )}
        </fieldset>
        <div class="enrol-submit">
          {error && (
            <p class="form-error" role="alert" data-testid="enrol-error">
              {error}
            </p>
          )}
          <button type="submit" class="button button-primary" disabled={busy} data-testid="enrol-submit">
            {t(busy ? 'enrol.working' : 'enrol.submit')}
          </button>
        </div>
      </form>
    </section>
  );
}

function headline({ face, suspectedDuplicates, addedTo }: Outcome, name: string): string {
  if (face) return addedTo === undefined ? t('enrol.done', { name }) : t('enrol.added', { name: addedTo });
  return t(suspectedDuplicates.length > 0 ? 'enrol.duplicateTitle' : 'enrol.noneUsable');
}

function Thumbnails({ pictures }: { readonly pictures: Pictures }) {
  if (pictures.list.length === 0) return null;
  return (
    <ul class="thumbnails">
      {pictures.list.map((picture: Picture, i) => (
        <li key={picture.url} class="thumbnail" data-testid="thumbnail">
          <img src={picture.url} alt={t('enrol.picture', { number: i + 1 })} />
          <button
            type="button"
            class="thumbnail-discard"
            aria-label={t('enrol.discard', { number: i + 1 })}
            data-testid="discard"
            onClick={() => pictures.discard(picture)}
          >
            <Icon name="cross" />
          </button>
        </li>
      ))}
    </ul>
  );
}
