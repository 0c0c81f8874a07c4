import { useState } from 'preact/hooks';
import { ConsentTerms, type Settings } from '#contract';
import { t } from '../i18n.ts';
import { TextField } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';

interface Props {
  readonly value: Pick<Settings, 'consent' | 'keepPeopleDays'>;
  readonly onValue: (part: Partial<Settings>) => void;
}

/** Choices of how long people stay who are not here any more; null: until they are removed. */
const TERMS = [null, 30, 90, 180, 365, 730, 1095] as const;

/** What people have to agree to before they are enrolled, and for how long they stay. */
export function ConsentFields({ value: { consent, keepPeopleDays }, onValue }: Props) {
  const [draft, setDraft] = useState<ConsentTerms | null>(null);
  const isAsked = draft !== null || consent !== null;
  const shown = draft ?? consent ?? proposal();
  const edit = (part: Partial<ConsentTerms>): void => setDraft({ ...shown, ...part });
  const terms = ConsentTerms.safeParse(shown);
  const isReused =
    consent !== null &&
    shown.version === consent.version &&
    JSON.stringify(shown) !== JSON.stringify(consent);
  const choices = TERMS.some((each) => each === keepPeopleDays) ? TERMS : [...TERMS, keepPeopleDays];
  return (
    <>
      <div class="setting">
        <label class="switch">
          <input
            type="checkbox"
            role="switch"
            checked={isAsked}
            data-testid="consent-asked"
            onChange={(event) => {
              setDraft(event.currentTarget.checked ? proposal() : null);
              if (!event.currentTarget.checked && consent !== null) onValue({ consent: null });
            }}
          />
          <span class="switch-track" aria-hidden="true" />
          <span>
            <span class="setting-name">{t('consent.ask')}</span>
            <span class="hint">{t('consent.askHint')}</span>
          </span>
        </label>
        {isAsked && (
          <div class="consent-terms">
            <TextField
              label={t('consent.purposeLabel')}
              value={shown.purpose}
              onValue={(purpose) => edit({ purpose })}
              maxLength={200}
              testId="consent-purpose"
            />
            <TextField
              label={t('consent.textLabel')}
              value={shown.text}
              onValue={(text) => edit({ text })}
              maxLength={2000}
              testId="consent-text"
            />
            <TextField
              label={t('consent.versionLabel')}
              value={shown.version}
              onValue={(version) => edit({ version })}
              maxLength={32}
              latin
              hint={t('consent.versionHint')}
              error={isReused ? t('consent.versionReused') : null}
              testId="consent-version"
            />
            {draft !== null && (
              <button
                type="button"
                class="button button-primary"
                disabled={!terms.success || isReused}
                data-testid="consent-save"
                onClick={() => {
                  if (!terms.success) return;
                  onValue({ consent: terms.data });
                  setDraft(null);
                }}
              >
                {t('consent.save')}
              </button>
            )}
          </div>
        )}
      </div>
      <div class="setting field">
        <label for="keep-people">{t('consent.keep')}</label>
        <div class="select">
          <select
            id="keep-people"
            class="input"
            value={keepPeopleDays ?? ''}
            data-testid="keep-people"
            onChange={(event) =>
              onValue({
                keepPeopleDays: event.currentTarget.value === '' ? null : Number(event.currentTarget.value),
              })
            }
          >
            {choices.map((days) => (
              <option key={days ?? ''} value={days ?? ''}>
                {days === null ? t('consent.keepForGood') : t('consent.keepDays', { count: days })}
              </option>
            ))}
          </select>
          <Icon name="down" />
        </div>
        <p class="hint">{t('consent.keepHint')}</p>
      </div>
    </>
  );
}

/** A text to begin with, dated today. */
const proposal = (): ConsentTerms => ({
  version: new Date().toISOString().slice(0, 10),
  purpose: t('consent.proposedPurpose'),
  text: t('consent.proposedText'),
});
