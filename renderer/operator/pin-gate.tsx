import { useEffect, useState } from 'preact/hooks';
import { PIN_LENGTH, problemOfPin, SETUP_CODE_LENGTH, type KioskOutput } from '#contract';
import { refresh, status } from '../appliance.ts';
import { call } from '../bridge/bridge.ts';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';
import { errorText, t } from '../i18n.ts';
import { showView } from '../screen.ts';
import { useScreen } from '../ui/announce.tsx';
import { PinPad } from '../ui/pin-pad.tsx';
import { ChooseOperator } from './choose-operator.tsx';
import { chooseFirstPin, signIn } from './session.ts';
import { useLoad } from './use-load.ts';

/** A PIN pad that is not used goes back to the kiosk. */
const ABANDONED_MS = 60_000;

const CODE_LENGTH = { least: SETUP_CODE_LENGTH, most: SETUP_CODE_LENGTH } as const;

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

/** The operator's PIN; where there is none yet the operator chooses it here, with the set-up code, twice. */
export function PinGate() {
  const [setupCode, setSetupCode] = useState<string | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const [error, setError] = useState<'mismatch' | KioskErrorCode | null>(null);
  const [busy, setBusy] = useState(false);
  /** Empty until they are known: meanwhile the pad of a sole operator takes what is typed. */
  const [names, setNames] = useState<KioskOutput<'operator.names'>['operators']>([]);
  const [who, setWho] = useState<string | null>(null);
  const first = status.value?.pinIsSet === false;
  const mode = first ? modeOf(setupCode, chosen) : 'enter';
  useScreen('operator-pin');
  useAbandonment();
  useEffect(() => void refresh(), []);
  useLoad(
    () => call('operator.names', {}),
    ({ operators }) => setNames(operators),
    setError,
    [first],
  );

  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    try {
      await work();
    } catch (failure) {
      setError(codeOf(failure));
      // The PIN is only repeated then: a slip in the code does not cost both.
      if (codeOf(failure) === 'setup-code-wrong') setSetupCode(null);
      await refresh();
    } finally {
      setBusy(false);
    }
  };
  const onPin = (entered: string): void => {
    setError(null);
    if (!first) void attempt(() => signIn(entered, who ?? undefined));
    else if (setupCode === null) setSetupCode(entered);
    else if (chosen === null) {
      const problem = problemOfPin(entered);
      setError(problem);
      if (problem === null) setChosen(entered);
    } else if (chosen === entered) void attempt(() => chooseFirstPin(entered, setupCode));
    else {
      setChosen(null);
      setError('mismatch');
    }
  };

  const isOneOfSeveral = !first && names.length > 1;
  if (isOneOfSeveral && who === null) {
    return (
      <main class="operator-gate" data-mode="who">
        <ChooseOperator names={names} onChosen={setWho} onBack={backToKiosk} />
      </main>
    );
  }
  const back = (): void => {
    setError(null);
    setWho(null);
  };
  const name = isOneOfSeveral ? names.find(({ operatorId }) => operatorId === who)?.name : undefined;
  return (
    <main class="operator-gate" data-mode={mode}>
      <PinPad
        key={mode}
        title={t(`pin.${mode}`)}
        hint={name === undefined ? t(`pin.${mode}Hint`) : t('operators.pinOf', { name })}
        error={error && (error === 'mismatch' ? t('pin.mismatch') : errorText(error))}
        busy={busy}
        length={mode === 'setup' ? CODE_LENGTH : PIN_LENGTH}
        onPin={onPin}
        onBack={isOneOfSeveral ? back : backToKiosk}
      />
    </main>
  );
}

function modeOf(setupCode: string | null, chosen: string | null): 'setup' | 'choose' | 'repeat' {
  if (setupCode === null) return 'setup';
  return chosen === null ? 'choose' : 'repeat';
}
