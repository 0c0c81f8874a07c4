import { useEffect, useState } from 'preact/hooks';
import { status } from '../appliance.ts';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';
import { errorText, t } from '../i18n.ts';
import { showView } from '../screen.ts';
import { useScreen } from '../ui/announce.tsx';
import { PinPad } from '../ui/pin-pad.tsx';
import { chooseFirstPin, signIn } from './session.ts';

/** A PIN pad that nobody uses goes back to the kiosk. */
const ABANDONED_MS = 60_000;

const backToKiosk = (): void => showView('kiosk');

function useAbandonment(): void {
  useEffect(() => {
    let timer = setTimeout(backToKiosk, ABANDONED_MS);
    const stay = (): void => {
      clearTimeout(timer);
      timer = setTimeout(backToKiosk, ABANDONED_MS);
    };
    addEventListener('pointerdown', stay);
    addEventListener('keydown', stay);
    return () => {
      clearTimeout(timer);
      removeEventListener('pointerdown', stay);
      removeEventListener('keydown', stay);
    };
  }, []);
}

/** The operator's PIN; on the first run the operator chooses it here, twice. */
export function PinGate() {
  const [chosen, setChosen] = useState<string | null>(null);
  const [error, setError] = useState<'mismatch' | KioskErrorCode | null>(null);
  const [busy, setBusy] = useState(false);
  const first = status.value?.pinIsSet === false;
  const mode = first ? (chosen === null ? 'choose' : 'repeat') : 'enter';
  useScreen('operator-pin');
  useAbandonment();

  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    try {
      await work();
    } catch (failure) {
      setError(codeOf(failure));
    } finally {
      setChosen(null);
      setBusy(false);
    }
  };
  const onPin = (pin: string): void => {
    setError(null);
    if (mode === 'enter') void attempt(() => signIn(pin));
    else if (chosen === null) setChosen(pin);
    else if (chosen === pin) void attempt(() => chooseFirstPin(pin));
    else {
      setChosen(null);
      setError('mismatch');
    }
  };

  return (
    <main class="operator-gate" data-mode={mode}>
      <PinPad
        key={mode}
        title={t(`pin.${mode}`)}
        hint={t(`pin.${mode}Hint`)}
        error={error && (error === 'mismatch' ? t('pin.mismatch') : errorText(error))}
        busy={busy}
        onPin={onPin}
        onBack={backToKiosk}
      />
    </main>
  );
}
