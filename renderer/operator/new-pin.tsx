import { useState } from 'preact/hooks';
import { problemOfPin } from '#contract';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';
import { errorText, t } from '../i18n.ts';
import { Dialog } from '../ui/dialog.tsx';
import { PinPad } from '../ui/pin-pad.tsx';

type Mode = 'current' | 'choose' | 'repeat';
const HINTS = { current: 'pin.enterHint', choose: 'pin.chooseHint', repeat: 'pin.repeatHint' } as const;

interface Props {
  /** Whether the current PIN is asked for first. */
  readonly asksCurrent?: boolean;
  readonly onClose: () => void;
  /** @param current empty where it was not asked for */
  readonly onChosen: (pin: string, current: string) => Promise<void>;
}

/** A new PIN, entered twice. */
export function NewPinDialog({ asksCurrent = false, onClose, onChosen }: Props) {
  const [currentPin, setCurrentPin] = useState<string | null>(asksCurrent ? null : '');
  const [pin, setPin] = useState<string | null>(null);
  const [error, setError] = useState<'mismatch' | KioskErrorCode | null>(null);
  const [busy, setBusy] = useState(false);
  const mode: Mode = currentPin === null ? 'current' : pin === null ? 'choose' : 'repeat';

  const change = async (current: string, next: string): Promise<void> => {
    setBusy(true);
    try {
      await onChosen(next, current);
    } catch (failure) {
      if (asksCurrent) setCurrentPin(null);
      setPin(null);
      setError(codeOf(failure));
      setBusy(false);
    }
  };
  const onPin = (entered: string): void => {
    setError(null);
    if (currentPin === null) setCurrentPin(entered);
    else if (pin === null) {
      const problem = problemOfPin(entered);
      setError(problem);
      if (problem === null) setPin(entered);
    } else if (pin === entered) void change(currentPin, entered);
    else {
      setPin(null);
      setError('mismatch');
    }
  };

  return (
    <Dialog labelledBy="pin-title" onClose={onClose}>
      <PinPad
        key={mode}
        title={t(`pin.${mode}`)}
        hint={t(HINTS[mode])}
        error={error && (error === 'mismatch' ? t('pin.mismatch') : errorText(error))}
        busy={busy}
        onPin={onPin}
        onBack={onClose}
      />
    </Dialog>
  );
}
