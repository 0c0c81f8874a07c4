import { t } from '../i18n.ts';
import { Button } from '../ui/button.tsx';
import { type Erasure, useErase } from './use-erase.ts';

/** The second of two touches by which a person takes consent back: they are erased everywhere, and the audit log says why. */
export function WithdrawConsent(erasure: Erasure) {
  const { busy, erase } = useErase('people.withdraw', erasure);
  return (
    <Button tone="danger" disabled={busy} testId="withdraw-consent" onClick={() => void erase()}>
      {t('consent.withdraw')}
    </Button>
  );
}
