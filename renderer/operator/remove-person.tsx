import { useState } from 'preact/hooks';
import type { Face } from '#contract';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';
import { t } from '../i18n.ts';
import { Confirm } from '../ui/confirm.tsx';
import { labelOf } from './label.ts';
import { ask } from './session.ts';
import { WithdrawConsent } from './withdraw-consent.tsx';

interface Props {
  readonly face: Face;
  readonly onClose: () => void;
  readonly onRemoved: (face: Face) => void;
}

/** Asks once more, then erases somebody. */
export function RemoveDialog({ face, onClose, onRemoved }: Props) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<KioskErrorCode | null>(null);
  const remove = async (): Promise<void> => {
    setBusy(true);
    try {
      await ask('people.remove', { faceId: face.faceId });
      onRemoved(face);
    } catch (failure) {
      // Somebody else was faster: gone is gone.
      if (codeOf(failure) === 'face-not-found') onRemoved(face);
      else setError(codeOf(failure));
      setBusy(false);
    }
  };
  return (
    <Confirm
      title={t('people.removeTitle')}
      action={t('people.remove')}
      tone="danger"
      busy={busy}
      error={error}
      testId="remove"
      other={face.metadata.consent && <WithdrawConsent {...{ face, onRemoved, onError: setError }} />}
      onClose={onClose}
      onConfirm={remove}
    >
      {t('people.removeText', { name: labelOf(face) })}
    </Confirm>
  );
}
