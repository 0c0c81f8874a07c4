import { AssuranceLevel, isLower, type Settings } from '#contract';
import { t } from '../i18n.ts';

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
      {higher.length > 0 && (
        <fieldset class="setting">
          <legend>{t('settings.onDoubt')}</legend>
          <p class="hint">{t('settings.onDoubtHint')}</p>
          <div class="segments">
            {[null, ...higher].map((level) => (
              <label key={level} class="segment">
                <input
                  type="radio"
                  name="on-doubt"
                  checked={
                    level === null
                      ? !higher.some((each) => each === assuranceOnDoubt)
                      : assuranceOnDoubt === level
                  }
                  data-testid={`on-doubt-${level ?? 'same'}`}
                  onChange={() => onValue({ assuranceOnDoubt: level })}
                />
                {level === null ? t('settings.onDoubtSame') : t(`settings.levels.${level}.name`)}
              </label>
            ))}
          </div>
        </fieldset>
      )}
    </>
  );
}
