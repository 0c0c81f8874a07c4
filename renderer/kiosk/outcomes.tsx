import type { AccessReason, Direction, QualityCode } from '#contract';
import { errorText, t } from '../i18n.ts';
import { Button } from '../ui/button.tsx';
import type { IconName } from '../ui/icon.tsx';
import { Message } from '../ui/message.tsx';
import { AssuranceNote } from './assurance-note.tsx';
import { UseCode } from './guide.tsx';
import type { Compared, TryAgainReason } from './kiosk-state.ts';

interface Retry {
  readonly onRetry: () => void;
  /** Where there is another way in. */
  readonly onUseCode?: () => void;
}

interface OutcomeProps {
  readonly kind: 'granted' | 'denied' | 'neutral';
  readonly icon: IconName;
  readonly title: string;
  readonly name?: string | null;
  readonly hint: string;
  readonly reason?: string;
  readonly retry?: Retry & { readonly text: string };
}

/** A name with a word too wide for the largest letters on an upright screen. */
const isLong = (name: string): boolean => name.split(/\s/).some((word) => word.length > 13);

/** An answer: colour, icon and text together. */
function Outcome({ kind, icon, title, name, hint, reason, retry }: OutcomeProps) {
  const spoken = [title, name, hint].filter((part) => part).join('. ');
  return (
    <Message
      {...{ kind, icon, reason, spoken }}
      testId="outcome"
      ways={
        retry && (
          <div class="guide-ways">
            <Button tone="primary" large testId="retry" onClick={retry.onRetry}>
              {retry.text}
            </Button>
            {retry.onUseCode && <UseCode onUse={retry.onUseCode} />}
          </div>
        )
      }
    >
      <h1 class={name ? 'notice-greeting' : 'display'}>{title}</h1>
      {name && (
        <p class={isLong(name) ? 'display display-long' : 'display'} data-testid="name">
          <bdi>{name}</bdi>
        </p>
      )}
      <p class="lead">{hint}</p>
      {kind === 'granted' && <AssuranceNote />}
    </Message>
  );
}

interface WelcomeProps {
  readonly name: string | null;
  readonly byCode: boolean;
  /** In attendance, and of visitors. */
  readonly direction?: Direction;
  /** The host of a visitor. */
  readonly host?: string;
}

export function Welcome({ name, byCode, direction, host }: WelcomeProps) {
  const recognised = byCode ? t('welcome.codeHint') : t('welcome.hint');
  const signed = direction ? t(`welcome.signed.${direction}`) : recognised;
  const hint = host === undefined ? signed : t('welcome.host', { host });
  const title = t(direction === 'out' ? 'welcome.goodbye' : 'welcome.title');
  return <Outcome kind="granted" icon="check" {...{ title, name, hint }} />;
}

const COMPARED = {
  match: { kind: 'granted', icon: 'check' },
  'no-match': { kind: 'denied', icon: 'unknown' },
  'not-live': { kind: 'denied', icon: 'unknown' },
} as const satisfies Record<Compared['result'], Pick<OutcomeProps, 'kind' | 'icon'>>;

/** The answer of a visit by face session. It has no other try. */
export function ComparedOutcome({ result }: { readonly result: Compared['result'] }) {
  return (
    <Outcome
      {...COMPARED[result]}
      title={t(`session.${result}.title`)}
      hint={t(`session.${result}.hint`)}
      reason={result}
    />
  );
}

/** A person was recognised and may not pass. Another try would end the same way. */
export function NoAccess({ reason }: { readonly reason: AccessReason }) {
  return (
    <Outcome
      kind="denied"
      icon="unknown"
      title={t('noAccess.title')}
      hint={t(`noAccess.${reason}`)}
      reason={reason}
    />
  );
}

interface NotRecognisedProps extends Retry {
  readonly emptyGallery: boolean;
  /** What may have kept the visitor from being recognised, most urgent first. */
  readonly hints: readonly QualityCode[];
}

export function NotRecognised({ emptyGallery, hints, ...ways }: NotRecognisedProps) {
  const plain = t(emptyGallery ? 'notRecognised.emptyGallery' : 'notRecognised.hint');
  return (
    <Outcome
      kind="denied"
      icon="unknown"
      title={t('notRecognised.title')}
      hint={textOf(hints) || plain}
      retry={{ text: t('notRecognised.retry'), ...ways }}
    />
  );
}

/** More would not be read. */
const MOST_HINTS = 2;
const textOf = (hints: readonly QualityCode[]): string => hints.slice(0, MOST_HINTS).map(errorText).join(' ');

interface TryAgainProps extends Retry {
  readonly reason: TryAgainReason;
  /** What the visitor can mend, most urgent first. */
  readonly hints: readonly QualityCode[];
}

export function TryAgain({ reason, hints, ...ways }: TryAgainProps) {
  return (
    <Outcome
      kind="neutral"
      icon="retry"
      title={t('tryAgain.title')}
      hint={textOf(hints) || t(`tryAgain.${reason}`)}
      reason={reason}
      retry={{ text: t('tryAgain.retry'), ...ways }}
    />
  );
}
