import { OPERATIONS, type OperationKind, type SyncStatus, type SyncSummary } from '#contract';
import { errorText, formatNumber, t } from '../i18n.ts';
import { Button } from '../ui/button.tsx';
import { DangerButton } from './danger-button.tsx';
import type { Act } from './sync-act.ts';
import { moment, standingOf } from './sync-words.ts';

interface JoinedProps {
  readonly server: SyncStatus['server'];
  readonly live: SyncSummary;
  readonly busy: boolean;
  readonly act: Act;
}

/** The device's state at the server that it has joined. */
export function Joined({ server, live, busy, act }: JoinedProps) {
  const { queue, lastSuccess, nextTry, error, progress, state } = live;
  const { text, values, tone } = standingOf(live);
  return (
    <div class="card" data-testid="joined" data-state={state}>
      <p class={`standing-text standing-${tone}`} role="status" data-testid="server-state">
        {state === 'working' && <span class="spinner" />}
        {t(text, values)}
      </p>
      {progress && (
        <p data-testid="server-progress">
          {t('server.progress', { sent: progress.sent, taken: progress.taken, waiting: progress.waiting })}
        </p>
      )}
      {error !== null && (
        <p class="form-error" data-testid="server-last-error" data-code={error}>
          {errorText(error)}
        </p>
      )}
      <dl class="facts">
        <dt>{t('server.address')}</dt>
        <dd>
          <bdi dir="ltr">{server?.origin ?? '–'}</bdi>
        </dd>
        <dt>{t('server.queue')}</dt>
        <dd data-testid="server-queue">{formatNumber(queue)}</dd>
        <dt>{t('server.lastSuccess')}</dt>
        <dd data-testid="last-success">{lastSuccess === null ? t('server.never') : moment(lastSuccess)}</dd>
        {nextTry !== null && (
          <>
            <dt>{t('server.nextTry')}</dt>
            <dd>{moment(nextTry)}</dd>
          </>
        )}
        {server && (
          <>
            <dt>{t('server.access')}</dt>
            <dd data-testid="server-access" data-source={server.access}>
              {t(`server.accessSource.${server.access}`)}
            </dd>
            <dt>{t('server.events')}</dt>
            <dd data-testid="server-events">{t(`server.eventsTold.${server.events}`)}</dd>
          </>
        )}
      </dl>
      <div class="card-buttons">
        <Button
          tone="primary"
          disabled={busy || state === 'revoked'}
          testId="sync-now"
          onClick={() => void act('sync.now', {}, t('server.synchronised'))}
        >
          {t('server.now')}
        </Button>
        <DangerButton
          tone="quiet"
          action={t('server.leave')}
          title={t('server.leaveTitle')}
          busy={busy}
          testId="leave"
          onConfirm={() => act('sync.leave', {}, t('server.left'))}
        >
          {t('server.leaveText')}
        </DangerButton>
      </div>
    </div>
  );
}

const isKnown = (kind: string): kind is OperationKind => Object.hasOwn(OPERATIONS, kind);

interface ParkedProps {
  readonly parked: SyncStatus['parked'];
  readonly busy: boolean;
  readonly act: Act;
}

/** What the server refused, and why. */
export function ParkedList({ parked, busy, act }: ParkedProps) {
  if (parked.length === 0) return null;
  return (
    <section class="card" aria-labelledby="parked-title" data-testid="parked">
      <h2 id="parked-title">{t('server.parkedTitle')}</h2>
      <p>{t('server.parkedText')}</p>
      <ul class="parked">
        {parked.map(({ number, kind, at, code }) => (
          <li key={number} data-code={code}>
            <strong>{t(isKnown(kind) ? `server.kinds.${kind}` : 'server.kindUnknown')}</strong>{' '}
            <span class="hint">{moment(at)}</span>
            <div>{errorText(code)}</div>
          </li>
        ))}
      </ul>
      <div class="card-buttons">
        <Button
          tone="secondary"
          disabled={busy}
          testId="retry"
          onClick={() => void act('sync.retry', {}, t('server.retried'))}
        >
          {t('server.retry')}
        </Button>
      </div>
    </section>
  );
}
