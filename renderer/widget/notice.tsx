import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { announce } from '../ui/announce.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';

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
  useEffect(() => announce(spoken), [spoken]);
  return (
    <section class={`notice notice-${kind}`} data-testid="notice">
      <span class="disc">{icon ? <Icon name={icon} /> : <span class="spinner" />}</span>
      <div class="notice-text">
        <h1 class="display">{title}</h1>
        {hint && <p class="lead">{hint}</p>}
      </div>
      {children && <div class="guide-ways">{children}</div>}
    </section>
  );
}
