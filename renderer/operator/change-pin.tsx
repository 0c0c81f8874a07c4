import { useState } from 'preact/hooks';
import { problemOfPin } from '#contract';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';
import { errorText, t } from '../i18n.ts';
import { announce } from '../ui/announce.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { PinPad } from '../ui/pin-pad.tsx';
import { Remark } from '../ui/remark.tsx';
import { ask } from './session.ts';

type Mode = 'current' | 'choose' | 'repeat';
const HINTS = { current: 'pin.enterHint', choose: 'pin.chooseHint', repeat: 'pin.repeatHint' } as const;

/** The current PIN, then the new one twice. */
export function ChangePin() {
  const [open, setOpen] = useState(false);
  const [done, setDone] = useState(false);
  const onDone = (): void => {
    setOpen(false);
    setDone(true);
    announce(t('settings.pinChanged'));
  };
  const start = (): void => {
    setDone(false);
    setOpen(true);
  };
  return (
    <div class="setting">
      <span class="setting-name">{t('settings.pin')}</span>
      <Button tone="secondary" testId="change-pin" onClick={start}>
        {t('settings.changePin')}
      </Button>
      {done && <Remark kind="saved" text={t('settings.pinChanged')} testId="pin-changed" />}
      {open && <ChangePinDialog onClose={() => setOpen(false)} onDone={onDone} />}
    </div>
  );
}

function ChangePinDialog({ onClose, onDone }: { readonly onClose: () => void; readonly onDone: () => void }) {
  const [currentPin, setCurrentPin] = useState<string | null>(null);
  const [pin, setPin] = useState<string | null>(null);
  const [error, setError] = useState<'mismatch' | KioskErrorCode | null>(null);
  const [busy, setBusy] = useState(false);
  const mode: Mode = currentPin === null ? 'current' : pin === null ? 'choose' : 'repeat';

  const change = async (current: string, next: string): Promise<void> => {
    setBusy(true);
    try {
      await ask('operator.set-pin', { pin: next, currentPin: current });
      onDone();
    } catch (failure) {
      setCurrentPin(null);
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
