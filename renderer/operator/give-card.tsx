import { useState } from 'preact/hooks';
import type { Face, KioskOutput } from '#contract';
import { t } from '../i18n.ts';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { QrCode } from '../ui/qr-code.tsx';
import { RevokeCard } from './revoke-card.tsx';
import { ask } from './session.ts';

type Given = KioskOutput<'cards.issue'>;

interface Props {
  readonly face: Pick<Face, 'faceId'>;
  readonly name: string;
  readonly onClose: () => void;
  /** A card just issued was revoked at once. */
  readonly onSaid: (said: string) => void;
}

/** Makes a card of somebody enrolled and shows it, this once. */
export function GiveCardDialog({ face, name, onClose, onSaid }: Props) {
  const [given, setGiven] = useState<Given | null>(null);
  const [isRevoking, setRevoking] = useState(false);
  const issue = async (): Promise<void> => setGiven(await ask('cards.issue', { faceId: face.faceId }));
  if (given === null) {
    return (
      <Confirm
        title={t('cards.issueTitle')}
        action={t('cards.issue')}
        tone="primary"
        testId="card"
        onClose={onClose}
        onConfirm={issue}
      >
        {t('cards.issueText', { name })}
      </Confirm>
    );
  }
  if (isRevoking) {
    return (
      <RevokeCard
        cardId={given.cardId}
        onClose={() => setRevoking(false)}
        onRevoked={(said) => {
          onSaid(said);
          onClose();
        }}
      />
    );
  }
  return <CardDialog {...{ name, given, onClose }} onRevoke={() => setRevoking(true)} />;
}

interface CardProps {
  readonly name: string;
  readonly given: Given;
  readonly onClose: () => void;
  readonly onRevoke: () => void;
}

function CardDialog({ name, given: { cardId, text }, onClose, onRevoke }: CardProps) {
  return (
    <Dialog labelledBy="card-title" onClose={onClose}>
      <h2 id="card-title">{t('cards.shown', { name })}</h2>
      <div class="shown-card">
        <div class="paper-card">
          <QrCode text={text} label={t('cards.qr')} testId="card-qr" />
          <p class="paper-name">
            <bdi>{name}</bdi>
          </p>
          <p class="card-number" dir="ltr" data-testid="card-number">
            {cardId}
          </p>
        </div>
        <p>{t('cards.once')}</p>
      </div>
      <div class="dialog-buttons">
        <Button tone="quiet" testId="card-revoke" onClick={onRevoke}>
          {t('cards.revoke')}
        </Button>
        <Button tone="secondary" testId="card-print" onClick={() => print()}>
          {t('visitors.print')}
        </Button>
        <Button tone="primary" testId="card-done" onClick={onClose}>
          {t('people.codeDone')}
        </Button>
      </div>
    </Dialog>
  );
}
