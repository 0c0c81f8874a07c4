import type { KioskOutput } from '#contract';
import { t } from '../i18n.ts';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { KeptPictures, PicturesOf } from './kept-pictures.tsx';
import { labelOf } from './label.ts';
import type { Picture } from './pictures.ts';
import { mayLetPassAs } from './session.ts';
import { useWayBack } from './way-back.ts';

type Suspect = KioskOutput<'people.enrol'>['suspectedDuplicates'][number];

interface Props {
  readonly name: string;
  readonly pictures: readonly Picture[];
  readonly suspects: readonly Suspect[];
  readonly busy: boolean;
  readonly onAdd: (suspect: Suspect) => void;
  readonly onAnyway: () => void;
  readonly onBack: () => void;
}

/** Somebody who looks like a person enrolled already: the same one, or another? Nothing is stored until that is said. */
export function EnrolDuplicate({ name, pictures, suspects, busy, onAdd, onAnyway, onBack }: Props) {
  useWayBack(onBack);
  return (
    <section class="panel result" data-testid="enrol-duplicate">
      <span class="disc disc-denied">
        <Icon name="people" />
      </span>
      <h1>{t('enrol.duplicateTitle')}</h1>
      <p>{t('enrol.duplicateText', { name })}</p>
      <div class="alike">
        <div class="card suspect">
          <PicturesOf name={name} urls={pictures.map(({ url }) => url)} testId="new-pictures" />
          <strong>
            <bdi>{name}</bdi>
          </strong>
          <Button tone="secondary" disabled={busy} testId="duplicate-anyway" onClick={onAnyway}>
            {t('enrol.duplicateAnyway')}
          </Button>
        </div>
        {suspects.map((suspect) => (
          <div key={suspect.faceId} class="card suspect" data-testid="suspect">
            <KeptPictures faceId={suspect.faceId} name={labelOf(suspect)} />
            <strong>
              <bdi>{labelOf(suspect)}</bdi>
            </strong>
            {mayLetPassAs(suspect) ? (
              <Button tone="primary" disabled={busy} testId="duplicate-add" onClick={() => onAdd(suspect)}>
                {t('enrol.duplicateAdd', { name: labelOf(suspect) })}
              </Button>
            ) : (
              <p class="hint" data-testid="administrator-only">
                {t('people.administratorOnly')}
              </p>
            )}
          </div>
        ))}
      </div>
      <Button tone="quiet" testId="duplicate-back" onClick={onBack}>
        {t('enrol.duplicateBack')}
      </Button>
    </section>
  );
}
