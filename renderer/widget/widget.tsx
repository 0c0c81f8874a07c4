import { lazy } from './lazy.tsx';
import { useState } from 'preact/hooks';
import { t } from '../i18n.ts';
import { Announcer, useScreen } from '../ui/announce.tsx';
import { Button } from '../ui/button.tsx';
import { Mark } from '../ui/icon.tsx';
import { settings, tell } from './page.ts';
import { Notice } from './notice.tsx';

/** The camera's code, and MediaPipe's with it, loads when a user wants to begin. */
const Visit = lazy(async () => (await import('./visit.tsx')).Visit);

/** Camera and steps in a panel of a web page. Nothing is captured before its person has touched "Start". */
export function Widget() {
  const [phase, setPhase] = useState<'start' | 'visit' | 'done'>('start');
  // Only pages that came over https, and of this machine, have a camera.
  const hasCamera = window.isSecureContext && 'mediaDevices' in navigator;
  const purpose = settings.value?.purpose ?? 'login';
  useScreen(phase);
  return (
    <main class="kiosk widget" data-testid="widget">
      {phase === 'start' && (
        <section class="notice notice-plain">
          <Mark />
          <div class="notice-text">
            <h1 class="display">{t(purpose === 'login' ? 'widget.login' : 'widget.enrol')}</h1>
            <p class="lead">{hasCamera ? t('widget.hint', { host: location.host }) : t('widget.insecure')}</p>
          </div>
          {hasCamera && (
            <Button tone="primary" large testId="start" onClick={() => setPhase('visit')}>
              {t('widget.start')}
            </Button>
          )}
        </section>
      )}
      {phase === 'visit' && (
        <Visit
          onDone={() => setPhase('done')}
          onEnd={() => {
            setPhase('start');
            tell({ widget: 'cancelled' });
          }}
        />
      )}
      {phase === 'done' && (
        <Notice
          kind="granted"
          icon="check"
          title={t(purpose === 'login' ? 'widget.loggedIn' : 'widget.enrolled')}
        />
      )}
      <Announcer />
    </main>
  );
}
