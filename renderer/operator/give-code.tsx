import { useState } from 'preact/hooks';
import type { Face } from '#contract';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';
import { t } from '../i18n.ts';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ask } from './session.ts';

interface Props {
  readonly face: Face;
  readonly name: string;
  readonly onClose: () => void;
}

/** Digits in twos are easier to read out and to write down. */
const spaced = (code: string): string => code.replace(/(..)(?=.)/g, '$1 ');

/** Gives a person an access code and shows it, this once. */
export function GiveCodeDialog({ face, name, onClose }: Props) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<KioskErrorCode | null>(null);
  const [code, setCode] = useState<string | null>(null);
  const give = async (): Promise<void> => {
    setBusy(true);
    try {
      setCode((await ask('people.give-code', { faceId: face.faceId })).code);
    } catch (failure) {
      setError(codeOf(failure));
    } finally {
      setBusy(false);
    }
  };
  if (code !== null) {
    return (
      <Dialog labelledBy="code-title" onClose={onClose}>
        <h2 id="code-title">{t('people.codeShown', { name })}</h2>
        <p class="given-code" dir="ltr" data-testid="given-code" data-code={code}>
          {spaced(code)}
        </p>
        <p>{t('people.codeOnce')}</p>
        <div class="dialog-buttons">
          <Button tone="primary" testId="code-done" onClick={onClose}>
            {t('people.codeDone')}
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Confirm
      title={t('people.codeTitle')}
      action={t('people.giveCode')}
      tone="primary"
      busy={busy}
      error={error}
      testId="code"
      onClose={onClose}
      onConfirm={give}
    >
      {t('people.codeText', { name })}
    </Confirm>
  );
}
