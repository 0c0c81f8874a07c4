import { useState } from 'preact/hooks';
import type { KioskErrorCode } from '../bridge/errors.ts';
import { t } from '../i18n.ts';
import { Confirm } from '../ui/confirm.tsx';
import { labelOf } from './label.ts';
import { type Erasure, useErase } from './use-erase.ts';
import { WithdrawConsent } from './withdraw-consent.tsx';

interface Props extends Omit<Erasure, 'onError'> {
  readonly onClose: () => void;
}

/** Asks once more, then erases somebody. */
export function RemoveDialog({ face, onClose, onRemoved }: Props) {
  const [error, setError] = useState<KioskErrorCode | null>(null);
  const erasure = { face, onRemoved, onError: setError };
  const { busy, erase } = useErase('people.remove', erasure);
  return (
    <Confirm
      title={t('people.removeTitle')}
      action={t('people.remove')}
      tone="danger"
      busy={busy}
      error={error}
      testId="remove"
      other={face.metadata.consent && <WithdrawConsent {...erasure} />}
      onClose={onClose}
      onConfirm={erase}
    >
      {t('people.removeText', { name: labelOf(face) })}
    </Confirm>
  );
}
