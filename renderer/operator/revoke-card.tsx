import { t } from '../i18n.ts';
import { announce } from '../ui/announce.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { ask } from './session.ts';

interface Props {
  readonly cardId: string;
  readonly onClose: () => void;
  readonly onRevoked: (said: string) => void;
}

/** Asks once more, then revokes a card and says so. */
export function RevokeCard({ cardId, onClose, onRevoked }: Props) {
  const revoke = async (): Promise<void> => {
    await ask('cards.revoke', { cardId });
    const said = t('cards.revoked', { card: cardId });
    announce(said);
    onRevoked(said);
  };
  return (
    <Confirm
      title={t('cards.revokeTitle')}
      action={t('cards.revoke')}
      tone="danger"
      testId="revoke"
      onClose={onClose}
      onConfirm={revoke}
    >
      {t('cards.revokeText', { card: cardId })}
    </Confirm>
  );
}
