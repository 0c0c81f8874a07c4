import type { KioskOutput } from '#contract';
import { t } from '../i18n.ts';
import { Icon } from '../ui/icon.tsx';
import { KeptPictures } from './kept-pictures.tsx';
import { labelOf } from './label.ts';

type Suspect = KioskOutput<'people.enrol'>['suspectedDuplicates'][number];

interface Props {
  readonly name: string;
  readonly suspects: readonly Suspect[];
  readonly busy: boolean;
  readonly onAdd: (suspect: Suspect) => void;
  readonly onAnyway: () => void;
  readonly onBack: () => void;
}

/** Somebody who looks like a person enrolled already: the same one, or another? Nothing is stored until that is said. */
export function EnrolDuplicate({ name, suspects, busy, onAdd, onAnyway, onBack }: Props) {
  return (
    <section class="panel result" data-testid="enrol-duplicate">
      <span class="disc disc-denied">
        <Icon name="people" />
      </span>
      <h1>{t('enrol.duplicateTitle')}</h1>
      <p>{t('enrol.duplicateText', { name })}</p>
      {suspects.map((suspect) => (
        <div key={suspect.faceId} class="suspect" data-testid="suspect">
          <KeptPictures faceId={suspect.faceId} name={labelOf(suspect)} />
          <button
            type="button"
            class="button button-primary"
            disabled={busy}
            data-testid="duplicate-add"
            onClick={() => onAdd(suspect)}
          >
            {t('enrol.duplicateAdd', { name: labelOf(suspect) })}
          </button>
        </div>
      ))}
      <button
        type="button"
        class="button button-secondary"
        disabled={busy}
        data-testid="duplicate-anyway"
        onClick={onAnyway}
      >
        {t('enrol.duplicateAnyway')}
      </button>
      <button type="button" class="button button-quiet" data-testid="duplicate-back" onClick={onBack}>
        {t('enrol.duplicateBack')}
      </button>
    </section>
  );
}
