import { t } from '../i18n.ts';

/** Confidence levels and the comparisons per false match that each promises (`contract/settings.ts`). */
const LEVELS = [
  { value: 70, comparisons: 1e3 },
  { value: 80, comparisons: 1e4 },
  { value: 90, comparisons: 1e5 },
  { value: 95, comparisons: 1e6 },
] as const;
const RECOMMENDED = 90;

interface Props {
  readonly value: number;
  readonly onValue: (value: number) => void;
}

/** The threshold as a choice between the documented levels; one set elsewhere is shown as it is. */
export function StrictnessField({ value, onValue }: Props) {
  const custom = !LEVELS.some((level) => level.value === value);
  return (
    <fieldset class="setting" aria-describedby="threshold-hint">
      <legend>{t('settings.threshold')}</legend>
      <p id="threshold-hint" class="hint">
        {t('settings.thresholdHint')}
      </p>
      <div class="choices">
        {LEVELS.map((level) => (
          <label key={level.value} class="choice">
            <input
              type="radio"
              name="threshold"
              checked={level.value === value}
              data-testid={`threshold-${level.value}`}
              onChange={() => onValue(level.value)}
            />
            <span class="choice-text">
              <span class="choice-name">
                {t('settings.thresholdValue', { value: level.value })}
                {level.value === RECOMMENDED && <span class="tag">{t('settings.recommended')}</span>}
              </span>
              <span class="hint">{t('settings.thresholdRate', { rate: level.comparisons })}</span>
            </span>
          </label>
        ))}
        {custom && (
          <label class="choice">
            <input type="radio" name="threshold" checked data-testid="threshold-custom" readOnly />
            <span class="choice-text">
              <span class="choice-name">{t('settings.thresholdValue', { value })}</span>
              <span class="hint">{t('settings.thresholdCustom')}</span>
            </span>
          </label>
        )}
      </div>
    </fieldset>
  );
}
