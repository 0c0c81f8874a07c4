import { AssuranceLevel, isLower, type Settings } from '#contract';
import { t } from '../i18n.ts';
import { Segments } from '../ui/segments.tsx';

type AssuranceSettings = Pick<Settings, 'assurance' | 'assuranceOnDoubt'>;

interface Props {
  readonly value: AssuranceSettings;
  readonly onValue: (value: Partial<AssuranceSettings>) => void;
}

/** What a visitor has to prove, each level with what it stands against, and what where there is doubt. */
export function AssuranceFields({ value: { assurance, assuranceOnDoubt }, onValue }: Props) {
  const higher = AssuranceLevel.options.filter((level) => isLower(assurance, level));
  return (
    <>
      <fieldset class="setting">
        <legend>{t('settings.assurance')}</legend>
        <Segments
          name="assurance"
          options={AssuranceLevel.options}
          value={assurance}
          textOf={(level) => t(`settings.levels.${level}.name`)}
          onValue={(level) => onValue({ assurance: level })}
        />
        <p class="hint" data-testid="assurance-hint">
          {t(`settings.levels.${assurance}.hint`)}
        </p>
      </fieldset>
      {higher.length > 0 && (
        <fieldset class="setting">
          <legend>{t('settings.onDoubt')}</legend>
          <p class="hint">{t('settings.onDoubtHint')}</p>
          <Segments
            name="on-doubt"
            options={['same', ...higher]}
            value={higher.find((level) => level === assuranceOnDoubt) ?? 'same'}
            textOf={(level) =>
              level === 'same' ? t('settings.onDoubtSame') : t(`settings.levels.${level}.name`)
            }
            onValue={(level) => onValue({ assuranceOnDoubt: level === 'same' ? null : level })}
          />
        </fieldset>
      )}
    </>
  );
}
