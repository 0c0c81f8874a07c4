import { useEffect } from 'preact/hooks';
import { t } from '../i18n.ts';
import { announce } from '../ui/announce.tsx';
import { Icon } from '../ui/icon.tsx';
import type { KioskController } from './kiosk-controller.ts';

interface Props {
  readonly kiosk: KioskController;
}

/** Asks a visitor before their face is compared. Both answers look alike and take one touch. */
export function NoticeScreen({ kiosk }: Props) {
  const spoken = `${t('notice.title')} ${t('notice.text')}`;
  useEffect(() => announce(spoken), [spoken]);
  return (
    <section class="notice notice-plain notice-long" data-testid="notice">
      <span class="disc">
        <Icon name="camera" />
      </span>
      <div class="notice-text">
        <h1 class="display">{t('notice.title')}</h1>
        <p class="lead">{t('notice.text')}</p>
      </div>
      <div class="guide-ways">
        {(['agree', 'refuse'] as const).map((answer) => (
          <button
            key={answer}
            type="button"
            class="button button-secondary button-large"
            data-testid={`notice-${answer}`}
            onClick={kiosk[answer]}
          >
            {t(`notice.${answer}`)}
          </button>
        ))}
      </div>
    </section>
  );
}

/** The ways without a face, for a visitor who refused. */
export function AlternativeScreen({ kiosk, called }: Props & { readonly called: boolean }) {
  const hint = t(called ? 'alternative.called' : 'alternative.text');
  useEffect(() => announce(hint), [hint]);
  return (
    <section class="notice notice-plain notice-long" data-testid="alternative" onPointerDown={kiosk.touched}>
      <span class="disc">
        <Icon name="person" />
      </span>
      <div class="notice-text">
        <h1 class="display">{t('alternative.title')}</h1>
        <p class="lead" data-testid="alternative-hint">
          {hint}
        </p>
      </div>
      <div class="guide-ways">
        <button
          type="button"
          class="button button-primary button-large"
          data-testid="use-code"
          onClick={kiosk.useCode}
        >
          {t('alternative.code')}
        </button>
        {!called && (
          <button
            type="button"
            class="button button-primary button-large"
            data-testid="call-operator"
            onClick={kiosk.callOperator}
          >
            {t('alternative.call')}
          </button>
        )}
        <button type="button" class="button button-quiet" data-testid="alternative-back" onClick={kiosk.back}>
          {t('alternative.back')}
        </button>
      </div>
    </section>
  );
}
