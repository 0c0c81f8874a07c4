import { ExternalKey } from '#contract';
import { t } from '../i18n.ts';
import { TextField } from '../ui/field.tsx';

interface Props {
  readonly name: string;
  readonly nameIsWrong: boolean;
  readonly onName: (name: string) => void;
  readonly externalKey: string;
  readonly keyHint?: string;
  readonly onExternalKey: (externalKey: string) => void;
  /** The fields' test ids begin with it. */
  readonly testId: string;
}

/** Whether it is an external key, or none. */
export const isKeyOrNone = (key: string): boolean =>
  key.trim() === '' || ExternalKey.safeParse(key.trim()).success;

/** What a person is called here, and in another system. */
export function NameAndKey({
  name,
  nameIsWrong,
  onName,
  externalKey,
  keyHint,
  onExternalKey,
  testId,
}: Props) {
  const nameError = t(name.trim() === '' ? 'enrol.nameMissing' : 'enrol.nameInvalid');
  return (
    <>
      <TextField
        label={t('enrol.name')}
        value={name}
        onValue={onName}
        error={nameIsWrong ? nameError : null}
        testId={`${testId}-name`}
      />
      <TextField
        label={t('enrol.key')}
        value={externalKey}
        onValue={onExternalKey}
        maxLength={512}
        latin
        hint={keyHint}
        error={isKeyOrNone(externalKey) ? null : t('enrol.keyInvalid')}
        testId={`${testId}-key`}
      />
    </>
  );
}
