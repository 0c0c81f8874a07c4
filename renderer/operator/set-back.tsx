import { useState } from 'preact/hooks';
import type { SetBackDecision } from '#contract';
import { status } from '../appliance.ts';
import { t } from '../i18n.ts';
import { announce } from '../ui/announce.tsx';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { ask } from './session.ts';

/** The store is an older copy of itself: no face is recognised until an operator decides here. */
export function SetBackNotice() {
  const [asked, setAsked] = useState<SetBackDecision | null>(null);
  const setBack = status.value?.setBack ?? null;
  if (setBack === null) return null;

  const decide = async (decision: SetBackDecision): Promise<void> => {
    await ask('store.settle-set-back', { decision });
    announce(t('setBack.decided'));
    setAsked(null);
  };
  return (
    <section class="card desk-notice" role="alert" aria-labelledby="set-back-title" data-testid="set-back">
      <h2 id="set-back-title">{t('setBack.title')}</h2>
      <p>{t('setBack.text')}</p>
      <p data-testid="set-back-people">{t('setBack.people', { count: setBack.people })}</p>
      <div class="card-buttons">
        <Button tone="primary" testId="set-back-erase" onClick={() => setAsked('erase-again')}>
          {t('setBack.eraseAgain')}
        </Button>
        <Button tone="quiet" testId="set-back-accept" onClick={() => setAsked('accept')}>
          {t('setBack.accept')}
        </Button>
      </div>
      {asked !== null && (
        <Confirm
          title={t(asked === 'accept' ? 'setBack.accept' : 'setBack.eraseAgain')}
          action={t('setBack.decide')}
          tone={asked === 'accept' ? 'danger' : 'primary'}
          testId="set-back"
          onClose={() => setAsked(null)}
          onConfirm={() => decide(asked)}
        >
          {t(asked === 'accept' ? 'setBack.acceptText' : 'setBack.eraseText')}
        </Confirm>
      )}
    </section>
  );
}
