import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { announce } from './announce.tsx';
import { Icon, type IconName } from './icon.tsx';

interface Props {
  readonly kind: 'granted' | 'denied' | 'neutral' | 'plain';
  /** With more to read than most. */
  readonly long?: boolean;
  /** Null: something turns while the visitor waits. */
  readonly icon: IconName | null;
  readonly testId: string;
  readonly reason?: string | undefined;
  /** What assistive technology says. */
  readonly spoken: string;
  /** What the visitor can do. */
  readonly ways?: ComponentChildren;
  readonly onTouch?: () => void;
  /** Its title and text. */
  readonly children: ComponentChildren;
}

/** What fills the screen: colour, icon and text together. */
export function Message({
  kind,
  long = false,
  icon,
  testId,
  reason,
  spoken,
  ways,
  onTouch,
  children,
}: Props) {
  useEffect(() => announce(spoken), [spoken]);
  return (
    <section
      class={`notice notice-${kind}${long ? ' notice-long' : ''}`}
      data-testid={testId}
      data-reason={reason}
      onPointerDown={onTouch}
    >
      <span class="disc">{icon ? <Icon name={icon} /> : <span class="spinner" />}</span>
      <div class="notice-text">{children}</div>
      {ways}
    </section>
  );
}
