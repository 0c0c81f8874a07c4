import { useState } from 'preact/hooks';
import type { Face } from '#contract';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';
import { t } from '../i18n.ts';
import { Button } from '../ui/button.tsx';
import { ask } from './session.ts';

interface Props {
  readonly face: Face;
  readonly onRemoved: (face: Face) => void;
  readonly onError: (code: KioskErrorCode) => void;
}

/** The second of two touches by which a person takes consent back: they are erased everywhere, and the audit log says why. */
export function WithdrawConsent({ face, onRemoved, onError }: Props) {
  const [busy, setBusy] = useState(false);
  const withdraw = async (): Promise<void> => {
    setBusy(true);
    try {
      await ask('people.withdraw', { faceId: face.faceId });
      onRemoved(face);
    } catch (failure) {
      // Somebody else was faster: gone is gone.
      if (codeOf(failure) === 'face-not-found') onRemoved(face);
      else onError(codeOf(failure));
      setBusy(false);
    }
  };
  return (
    <Button tone="danger" disabled={busy} testId="withdraw-consent" onClick={() => void withdraw()}>
      {t('consent.withdraw')}
    </Button>
  );
}
