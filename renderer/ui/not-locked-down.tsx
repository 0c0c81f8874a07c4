import { status } from '../appliance.ts';
import { t } from '../i18n.ts';

/** Said on every screen, below it, since no visitor may take such a machine for a kiosk. */
export function NotLockedDown() {
  if ((status.value?.lockdownGaps.length ?? 0) === 0) return null;
  return (
    <footer class="lockdown-note" data-testid="not-locked-down">
      {t('lockdown.missing')}
    </footer>
  );
}
