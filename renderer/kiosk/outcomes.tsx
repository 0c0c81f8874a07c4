import { useEffect } from 'preact/hooks';
import { t } from '../i18n.ts';
import { announce } from '../ui/announce.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import type { TryAgainReason } from './kiosk-machine.ts';

interface OutcomeProps {
  readonly kind: 'granted' | 'denied' | 'neutral';
  readonly icon: IconName;
  readonly title: string;
  readonly name?: string | null;
  readonly hint: string;
  readonly retry?: { readonly text: string; readonly onRetry: () => void };
}

/** A name with a word too wide for the largest letters on an upright screen. */
const isLong = (name: string): boolean => name.split(/\s/).some((word) => word.length > 13);

/** An answer: colour, icon and text together. */
function Outcome({ kind, icon, title, name, hint, retry }: OutcomeProps) {
  const spoken = [title, name, hint].filter((part) => part).join('. ');
  useEffect(() => announce(spoken), [spoken]);
  return (
    <section class={`notice notice-${kind}`} data-testid="outcome">
      <span class="disc">
        <Icon name={icon} />
      </span>
      <div class="notice-text">
        <h1 class={name ? 'notice-greeting' : 'display'}>{title}</h1>
        {name && (
          <p class={isLong(name) ? 'display display-long' : 'display'} data-testid="name">
            <bdi>{name}</bdi>
          </p>
        )}
        <p class="lead">{hint}</p>
      </div>
      {retry && (
        <button
          type="button"
          class="button button-primary button-large"
          data-testid="retry"
          onClick={retry.onRetry}
        >
          {retry.text}
        </button>
      )}
    </section>
  );
}

export function Welcome({ name }: { readonly name: string | null }) {
  return (
    <Outcome kind="granted" icon="check" title={t('welcome.title')} name={name} hint={t('welcome.hint')} />
  );
}

interface NotRecognisedProps {
  readonly emptyGallery: boolean;
  readonly onRetry: () => void;
}

export function NotRecognised({ emptyGallery, onRetry }: NotRecognisedProps) {
  return (
    <Outcome
      kind="denied"
      icon="unknown"
      title={t('notRecognised.title')}
      hint={t(emptyGallery ? 'notRecognised.emptyGallery' : 'notRecognised.hint')}
      retry={{ text: t('notRecognised.retry'), onRetry }}
    />
  );
}

export function TryAgain({
  reason,
  onRetry,
}: {
  readonly reason: TryAgainReason;
  readonly onRetry: () => void;
}) {
  return (
    <Outcome
      kind="neutral"
      icon="retry"
      title={t('tryAgain.title')}
      hint={t(`tryAgain.${reason}`)}
      retry={{ text: t('tryAgain.retry'), onRetry }}
    />
  );
}
