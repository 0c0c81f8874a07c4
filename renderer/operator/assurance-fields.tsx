import { AssuranceLevel, type Settings } from '#contract';
import { t } from '../i18n.ts';

type AssuranceSettings = Pick<Settings, 'assurance'>;

interface Props {
  readonly value: AssuranceSettings;
  readonly onValue: (value: Partial<AssuranceSettings>) => void;
}

/** What a visitor has to prove, each level with what it stands against. */
export function AssuranceFields({ value: { assurance }, onValue }: Props) {
  return (
    <fieldset class="setting">
      <legend>{t('settings.assurance')}</legend>
      <div class="segments">
        {AssuranceLevel.options.map((level) => (
          <label key={level} class="segment">
            <input
              type="radio"
              name="assurance"
              checked={assurance === level}
              data-testid={`assurance-${level}`}
              onChange={() => onValue({ assurance: level })}
            />
            {t(`settings.levels.${level}.name`)}
          </label>
        ))}
      </div>
      <p class="hint" data-testid="assurance-hint">
        {t(`settings.levels.${assurance}.hint`)}
      </p>
    </fieldset>
  );
}
