import { useState } from 'preact/hooks';
import { ConsentTerms, type Settings } from '#contract';
import { t } from '../i18n.ts';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/field.tsx';
import { SelectField } from '../ui/select-field.tsx';
import { SwitchField } from './switch-field.tsx';

interface Props {
  readonly value: Pick<Settings, 'consent' | 'keepPeopleDays'>;
  readonly onValue: (part: Partial<Settings>) => void;
}

/** Choices of how long people stay who are not here any more; null: until they are removed. */
const TERMS = [null, 30, 90, 180, 365, 730, 1095] as const;

/** Characters, as `ConsentTerms` bounds them. */
const MOST = { purpose: 200, text: 2000 } as const;

/** What people have to agree to before they are enrolled, and for how long they stay. */
export function ConsentFields({ value: { consent, keepPeopleDays }, onValue }: Props) {
  const [draft, setDraft] = useState<ConsentTerms | null>(null);
  const isAsked = draft !== null || consent !== null;
  const shown = draft ?? consent ?? proposal();
  const edit = (part: Partial<ConsentTerms>): void => setDraft({ ...shown, ...part });
  const terms = ConsentTerms.safeParse(shown);
  const save = (): void => {
    if (!terms.success) return;
    onValue({ consent: terms.data });
    setDraft(null);
  };
  const isReused =
    consent !== null &&
    shown.version === consent.version &&
    JSON.stringify(shown) !== JSON.stringify(consent);
  const choices = TERMS.some((each) => each === keepPeopleDays) ? TERMS : [...TERMS, keepPeopleDays];
  return (
    <>
      <SwitchField
        name="consent-asked"
        label={t('consent.ask')}
        hint={t('consent.askHint')}
        value={isAsked}
        onValue={(asked) => {
          setDraft(asked ? proposal() : null);
          if (!asked && consent !== null) onValue({ consent: null });
        }}
      >
        {isAsked && (
          <div class="consent-terms">
            {(['purpose', 'text'] as const).map((part) => (
              <TextField
                key={part}
                label={t(`consent.${part}Label`)}
                value={shown[part]}
                onValue={(text) => edit({ [part]: text })}
                maxLength={MOST[part]}
                testId={`consent-${part}`}
              />
            ))}
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
              <Button
                tone="primary"
                disabled={!terms.success || isReused}
                testId="consent-save"
                onClick={save}
              >
                {t('consent.save')}
              </Button>
            )}
          </div>
        )}
      </SwitchField>
      <SelectField
        id="keep-people"
        label={t('consent.keep')}
        value={String(keepPeopleDays ?? '')}
        options={choices.map((days) => [
          String(days ?? ''),
          days === null ? t('consent.keepForGood') : t('consent.keepDays', { count: days }),
        ])}
        hint={t('consent.keepHint')}
        onValue={(days) => onValue({ keepPeopleDays: days === '' ? null : Number(days) })}
      />
    </>
  );
}

/** A text to begin with, dated today. */
const proposal = (): ConsentTerms => ({
  version: new Date().toISOString().slice(0, 10),
  purpose: t('consent.proposedPurpose'),
  text: t('consent.proposedText'),
});
