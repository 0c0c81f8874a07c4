import type { ConsentTerms } from '#contract';
import { status } from '../appliance.ts';
import { t } from '../i18n.ts';
import { Tick } from '../ui/tick.tsx';

interface Props {
  readonly terms: ConsentTerms;
  readonly value: boolean;
  readonly onValue: (value: boolean) => void;
  /** The operator tried without. */
  readonly missing: boolean;
}

/** The text in force, for the person who is about to be enrolled to read and tick. */
export function ConsentTick({ terms: { purpose, text, version }, value, onValue, missing }: Props) {
  const days = status.value?.settings.keepPeopleDays ?? null;
  return (
    <fieldset class="consent" data-testid="consent">
      <legend>{t('consent.title')}</legend>
      {/* It scrolls, also by the keyboard. */}
      <p class="consent-text" dir="auto" tabIndex={0}>
        {text}
      </p>
      <p class="hint">
        <bdi>{t('consent.purpose', { purpose, version })}</bdi>{' '}
        {days === null ? t('consent.untilWithdrawn') : t('consent.term', { count: days })}
      </p>
      <Tick kind="consent-tick" value={value} testId="consent-tick" onValue={onValue}>
        {t('consent.tick')}
      </Tick>
      {missing && (
        <p class="field-error" role="alert">
          {t('errors.consent-missing')}
        </p>
      )}
    </fieldset>
  );
}
