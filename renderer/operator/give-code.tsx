import { useState } from 'preact/hooks';
import type { Face } from '#contract';
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
  const [code, setCode] = useState<string | null>(null);
  const give = async (): Promise<void> => {
    setCode((await ask('people.give-code', { faceId: face.faceId })).code);
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
      testId="code"
      onClose={onClose}
      onConfirm={give}
    >
      {t('people.codeText', { name })}
    </Confirm>
  );
}
