import { CHALLENGE_STEPS, type ChallengeStep, type Settings } from '#contract';
import { t } from '../i18n.ts';
import { SelectField } from '../ui/select-field.tsx';
import { Tick } from '../ui/tick.tsx';

type ChallengeSettings = Pick<Settings, 'challengeSteps' | 'stepSeconds'>;

interface Props {
  readonly value: ChallengeSettings;
  readonly onValue: (value: Partial<ChallengeSettings>) => void;
}

/** Fewer could be foreseen (contract: `Settings.challengeSteps`). */
const LEAST_STEPS = 2;
const SECONDS = [4, 6, 8, 12, 20, 30, 60];

/** Which movements the kiosk may ask for, and how long they may take. */
export function ChallengeFields({ value: { challengeSteps, stepSeconds }, onValue }: Props) {
  const allow = (step: ChallengeStep, allowed: boolean): void =>
    onValue({
      challengeSteps: CHALLENGE_STEPS.filter((each) =>
        each === step ? allowed : challengeSteps.includes(each),
      ),
    });
  const choices = [...new Set([...SECONDS, stepSeconds])].toSorted((a, b) => a - b);
  return (
    <>
      <fieldset class="setting">
        <legend>{t('settings.steps')}</legend>
        <p class="hint">{t('settings.stepsHint')}</p>
        <div class="segments">
          {CHALLENGE_STEPS.map((step) => {
            const allowed = challengeSteps.includes(step);
            return (
              <Tick
                key={step}
                kind="segment"
                value={allowed}
                disabled={allowed && challengeSteps.length <= LEAST_STEPS}
                testId={`step-${step}`}
                onValue={(next) => allow(step, next)}
              >
                {t(`settings.stepNames.${step}`)}
              </Tick>
            );
          })}
        </div>
      </fieldset>
      <SelectField
        id="step-seconds"
        label={t('settings.stepSeconds')}
        value={String(stepSeconds)}
        options={choices.map((count) => [String(count), t('settings.stepSecondsValue', { count })])}
        onValue={(seconds) => onValue({ stepSeconds: Number(seconds) })}
      />
    </>
  );
}
