import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.tsx';

interface Props {
  readonly tone: 'primary' | 'secondary' | 'quiet' | 'danger';
  /** Of a kiosk, read from two metres. */
  readonly large?: boolean;
  /** What a screen reader says, where the text alone does not tell one button from the next. */
  readonly label?: string;
  readonly disabled?: boolean;
  readonly testId: string;
  /** What it does at once; without, the button submits its form. */
  readonly onClick?: () => void;
  readonly children: ComponentChildren;
}

/** A button with a text. */
export function Button({ tone, large = false, label, disabled = false, testId, onClick, children }: Props) {
  return (
    <button
      type={onClick ? 'button' : 'submit'}
      class={`button button-${tone}${large ? ' button-large' : ''}`}
      aria-label={label}
      disabled={disabled}
      data-testid={testId}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

interface IconButtonProps {
  readonly icon: IconName;
  readonly label: string;
  /** Of a button that stays down. */
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  readonly testId: string;
  readonly onClick: () => void;
}

/** A button with an icon; its text is for screen readers. */
export function IconButton({ icon, label, pressed, disabled = false, testId, onClick }: IconButtonProps) {
  return (
    <button
      type="button"
      class="button button-icon"
      aria-label={label}
      aria-pressed={pressed}
      disabled={disabled}
      data-testid={testId}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
