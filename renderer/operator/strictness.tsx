import { t } from '../i18n.ts';

/** Visits by strangers for each one that ends as a person enrolled (`falsePositiveRate` in `contract/settings.ts`). */
const LEVELS = [100, 1000, 10_000] as const;
const RECOMMENDED = 1000;

interface Props {
  readonly value: number;
  readonly onValue: (value: number) => void;
}

/** The false-positive rate as a choice between a few; one set elsewhere is shown as it is. */
export function StrictnessField({ value, onValue }: Props) {
  const visits = Math.round(1 / value);
  const custom = !LEVELS.some((level) => level === visits);
  return (
    <fieldset class="setting" aria-describedby="strictness-hint">
      <legend>{t('settings.strictness')}</legend>
      <p id="strictness-hint" class="hint">
        {t('settings.strictnessHint')}
      </p>
      <div class="choices">
        {LEVELS.map((level) => (
          <label key={level} class="choice">
            <input
              type="radio"
              name="strictness"
              checked={level === visits}
              data-testid={`strictness-${level}`}
              onChange={() => onValue(1 / level)}
            />
            <span class="choice-text">
              <span class="choice-name">
                {t('settings.strictnessValue', { visits: level })}
                {level === RECOMMENDED && <span class="tag">{t('settings.recommended')}</span>}
              </span>
              <span class="hint">{t('settings.strictnessRate', { visits: level })}</span>
            </span>
          </label>
        ))}
        {custom && (
          <label class="choice">
            <input type="radio" name="strictness" checked data-testid="strictness-custom" readOnly />
            <span class="choice-text">
              <span class="choice-name">{t('settings.strictnessValue', { visits })}</span>
              <span class="hint">{t('settings.strictnessCustom')}</span>
            </span>
          </label>
        )}
      </div>
    </fieldset>
  );
}
