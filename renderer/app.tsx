import { status } from './appliance.ts';
import { t } from './i18n.ts';
import { Kiosk } from './kiosk/kiosk.tsx';
import { Operator } from './operator/operator.tsx';
import { view } from './screen.ts';
import { Announcer } from './ui/announce.tsx';

export function App() {
  return (
    <>
      {view.value === 'operator' ? <Operator /> : <Kiosk />}
      <NotLockedDown />
      <Announcer />
    </>
  );
}

/** Said on every screen, since no visitor may take such a machine for a kiosk. */
function NotLockedDown() {
  if ((status.value?.lockdownGaps.length ?? 0) === 0) return null;
  return (
    <p class="lockdown-note" data-testid="not-locked-down">
      {t('lockdown.missing')}
    </p>
  );
}
