import { useEffect } from 'preact/hooks';
import type { ChallengeStep } from '#contract';
import { status } from '../appliance.ts';
import { t } from '../i18n.ts';
import { play, speak } from '../sound.ts';
import { announce } from '../ui/announce.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import type { correctionOf } from './visit-machine.ts';

/** Left and right are the visitor's, and the picture is mirrored: the arrows point the same way in every language. */
const ICONS = {
  'turn-left': 'turn-left',
  'turn-right': 'turn-right',
  blink: 'blink',
  smile: 'smile',
  nod: 'nod',
} as const satisfies Record<ChallengeStep, IconName>;

/** How the dot of a step looks while one is asked for. */
const dotOf = (step: number, asked: number): string =>
  step < asked ? 'step-dot-done' : step === asked ? 'step-dot-asked' : '';

interface Props {
  readonly kind: ChallengeStep;
  /** Which of how many, counted from 1. */
  readonly number: number;
  readonly total: number;
  readonly correction: ReturnType<typeof correctionOf>;
}

/** The step that is asked for: icon, text, sound and speech together. */
export function StepCue({ kind, number, total, correction: code }: Props) {
  const text = t(`step.${kind}`);
  const correction = code && t(`step.${code}`);
  const progress = t('step.progress', { number, total });
  useEffect(() => {
    announce(`${progress}. ${text}`);
    if (!status.peek()?.settings.sound) return;
    void play('step');
    speak(text);
  }, [text, progress]);
  useEffect(() => {
    if (correction === null) return;
    announce(correction);
    if (status.peek()?.settings.sound) speak(correction);
  }, [correction]);
  return (
    <div class="step" data-testid="step" data-step={kind} key={number}>
      <span class="step-icon">
        <Icon name={ICONS[kind]} />
      </span>
      <p class="step-text">{text}</p>
      <p class="step-hint" data-testid="correction">
        {correction}
      </p>
      <p class="step-progress">
        <span class="step-dots" aria-hidden="true">
          {Array.from({ length: total }, (_, i) => (
            <span key={i} class={`step-dot ${dotOf(i + 1, number)}`} />
          ))}
        </span>
        {progress}
      </p>
    </div>
  );
}
