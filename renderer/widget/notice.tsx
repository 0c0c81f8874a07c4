import type { ComponentChildren } from 'preact';
import type { IconName } from '../ui/icon.tsx';
import { Message } from '../ui/message.tsx';

interface Props {
  readonly kind: 'granted' | 'denied' | 'neutral' | 'plain';
  /** Null: something is under way. */
  readonly icon: IconName | null;
  readonly title: string;
  readonly hint?: string;
  readonly children?: ComponentChildren;
}

/** One message, and what the visitor can do about it. */
export function Notice({ kind, icon, title, hint, children }: Props) {
  const spoken = [title, hint].filter((part) => part).join('. ');
  return (
    <Message
      {...{ kind, icon, spoken }}
      testId="notice"
      ways={children && <div class="guide-ways">{children}</div>}
    >
      <h1 class="display">{title}</h1>
      {hint && <p class="lead">{hint}</p>}
    </Message>
  );
}
