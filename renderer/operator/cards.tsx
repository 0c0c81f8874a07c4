import { useState } from 'preact/hooks';
import type { KioskOutput, ListedCard } from '#contract';
import type { KioskErrorCode } from '../bridge/errors.ts';
import { errorText, formatDate, t } from '../i18n.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { FormError } from '../ui/form-error.tsx';
import { Remark } from '../ui/remark.tsx';
import { Pager } from './pager.tsx';
import { InnerPanel } from './panel.tsx';
import { RevokeCard } from './revoke-card.tsx';
import { ask } from './session.ts';
import { useLoad } from './use-load.ts';

const PAGE_SIZE = 20;

/** The cards issued or revoked here, each with who holds it, where that is somebody enrolled; each can be revoked. */
export function Cards({ onClose }: { readonly onClose: () => void }) {
  const [offset, setOffset] = useState(0);
  const [version, setVersion] = useState(0);
  const [page, setPage] = useState<KioskOutput<'cards.list'> | null>(null);
  const [error, setError] = useState<KioskErrorCode | null>(null);
  const [ending, setEnding] = useState<string | null>(null);
  /** What was done last. */
  const [said, setSaid] = useState<string | null>(null);
  const show = (loaded: KioskOutput<'cards.list'>): void => {
    setPage(loaded);
    setError(null);
  };
  useLoad(() => ask('cards.list', { offset, limit: PAGE_SIZE }), show, setError, [offset, version]);
  const onRevoked = (text: string): void => {
    setSaid(text);
    setEnding(null);
    setVersion((now) => now + 1);
  };
  return (
    <InnerPanel
      name="cards"
      title={t('cards.title')}
      beside={said && <Remark kind="saved" text={said} testId="cards-said" />}
      onBack={onClose}
    >
      <p class="hint">{t('cards.hint')}</p>
      <FormError text={error && errorText(error)} />
      {page?.total === 0 && <Empty icon="people" title={t('cards.none')} testId="cards-empty" />}
      {page && page.total > 0 && (
        <ul class="visitors" data-testid="cards-list">
          {page.cards.map((card) => (
            <li key={card.cardId} class="visitor" data-testid="card" data-state={stateOf(card)}>
              <div class="visitor-who">
                <strong>
                  {card.holder ? <bdi>{card.holder.name ?? t('people.noName')}</bdi> : t('cards.nobody')}
                </strong>
                <span class="hint card-number">
                  <bdi dir="ltr">{card.cardId}</bdi>
                </span>
                <span class="hint">{whatOf(card)}</span>
              </div>
              {card.revokedAt === null && (
                <div class="people-actions">
                  <Button
                    tone="quiet"
                    label={t('cards.revokeNamed', { card: card.cardId })}
                    testId="card-end"
                    onClick={() => setEnding(card.cardId)}
                  >
                    {t('cards.revoke')}
                  </Button>
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
      {page && <Pager {...{ offset, size: PAGE_SIZE, total: page.total, onOffset: setOffset }} />}
      {ending && <RevokeCard cardId={ending} onClose={() => setEnding(null)} onRevoked={onRevoked} />}
    </InnerPanel>
  );
}

/** A whole day is the same one everywhere. */
const on = (time: string): { readonly date: string } => ({
  date: formatDate(new Date(time), {
    dateStyle: 'medium',
    ...(!time.includes('T') && { timeZone: 'UTC' }),
  }),
});

/** A card ends when it is revoked, and with the enrolment of who holds it. */
function stateOf({ revokedAt, faceId, holder }: ListedCard): 'good' | 'revoked' | 'left' {
  if (revokedAt !== null) return 'revoked';
  return faceId !== null && holder === null ? 'left' : 'good';
}

/** When a card was issued, and until when it is good. */
function whatOf(card: ListedCard): string {
  const { issuedAt, validUntil, revokedAt } = card;
  const issued = issuedAt === null ? t('cards.elsewhere') : t('cards.issuedAt', on(issuedAt));
  if (revokedAt !== null) return `${issued} · ${t('cards.revokedAt', on(revokedAt))}`;
  if (stateOf(card) === 'left') return `${issued} · ${t('cards.left')}`;
  return validUntil === null ? issued : `${issued} · ${t('cards.until', on(validUntil))}`;
}
