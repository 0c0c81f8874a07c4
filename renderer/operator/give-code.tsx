import { useState } from 'preact/hooks';
import type { Face } from '#contract';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';
import { t } from '../i18n.ts';
import { Confirm } from '../ui/confirm.tsx';
import { CodeDialog } from './code-dialog.tsx';
import { ask } from './session.ts';

interface Props {
  readonly face: Face;
  readonly name: string;
  readonly onClose: () => void;
}

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
    const testIds = { code: 'given-code', done: 'code-done' };
    return <CodeDialog hint={t('people.codeOnce')} {...{ name, code, testIds, onClose }} />;
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
