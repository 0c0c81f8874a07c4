import type { Face } from '#contract';
import { codeOf } from '../bridge/errors.ts';
import { t } from '../i18n.ts';
import { Confirm } from '../ui/confirm.tsx';
import { labelOf } from './label.ts';
import { ask } from './session.ts';

interface Props {
  readonly face: Face;
  readonly onClose: () => void;
  readonly onRemoved: (face: Face) => void;
}

/** Asks once more, then erases somebody; who has consented may take that back, and the audit log says so. */
export function RemoveDialog({ face, onClose, onRemoved }: Props) {
  const erase = async (channel: 'people.remove' | 'people.withdraw'): Promise<void> => {
    try {
      await ask(channel, { faceId: face.faceId });
    } catch (failure) {
      // Somebody else was faster: gone is gone.
      if (codeOf(failure) !== 'face-not-found') throw failure;
    }
    onRemoved(face);
  };
  const withdrawal = {
    action: t('consent.withdraw'),
    testId: 'withdraw-consent',
    onConfirm: () => erase('people.withdraw'),
  };
  return (
    <Confirm
      title={t('people.removeTitle')}
      action={t('people.remove')}
      tone="danger"
      testId="remove"
      other={face.metadata.consent ? withdrawal : undefined}
      onClose={onClose}
      onConfirm={() => erase('people.remove')}
    >
      {t('people.removeText', { name: labelOf(face) })}
    </Confirm>
  );
}
