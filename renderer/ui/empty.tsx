import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.tsx';

interface Props {
  readonly icon: IconName;
  readonly title: string;
  readonly testId: string;
  readonly children?: ComponentChildren;
}

/** In place of a list that has no entries. */
export function Empty({ icon, title, testId, children }: Props) {
  return (
    <div class="empty" data-testid={testId}>
      <Icon name={icon} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}
