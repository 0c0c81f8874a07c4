import { t } from '../i18n.ts';
import { Button } from '../ui/button.tsx';
import { Message } from '../ui/message.tsx';
import type { KioskController } from './kiosk-controller.ts';

interface Props {
  readonly kiosk: KioskController;
}

/** Asks a visitor before their face is compared. Both answers look alike and take one touch. */
export function NoticeScreen({ kiosk }: Props) {
  const spoken = `${t('notice.title')} ${t('notice.text')}`;
  return (
    <Message
      kind="plain"
      long
      icon="camera"
      testId="notice"
      spoken={spoken}
      ways={
        <div class="guide-ways">
          {(['agree', 'refuse'] as const).map((answer) => (
            <Button tone="secondary" large key={answer} testId={`notice-${answer}`} onClick={kiosk[answer]}>
              {t(`notice.${answer}`)}
            </Button>
          ))}
        </div>
      }
    >
      <h1 class="display">{t('notice.title')}</h1>
      <p class="lead">{t('notice.text')}</p>
    </Message>
  );
}

/** The ways without a face, for a visitor who refused. */
export function AlternativeScreen({ kiosk, called }: Props & { readonly called: boolean }) {
  const hint = t(called ? 'alternative.called' : 'alternative.text');
  return (
    <Message
      kind="plain"
      long
      icon="person"
      testId="alternative"
      spoken={hint}
      onTouch={kiosk.touched}
      ways={
        <div class="guide-ways">
          <Button tone="primary" large testId="use-code" onClick={kiosk.useCode}>
            {t('alternative.code')}
          </Button>
          {!called && (
            <Button tone="primary" large testId="call-operator" onClick={kiosk.callOperator}>
              {t('alternative.call')}
            </Button>
          )}
          <Button tone="quiet" testId="alternative-back" onClick={kiosk.back}>
            {t('alternative.back')}
          </Button>
        </div>
      }
    >
      <h1 class="display">{t('alternative.title')}</h1>
      <p class="lead" data-testid="alternative-hint">
        {hint}
      </p>
    </Message>
  );
}
