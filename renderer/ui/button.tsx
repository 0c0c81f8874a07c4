import type { ComponentChildren } from 'preact';

interface Props {
  readonly tone: 'primary' | 'secondary' | 'quiet' | 'danger';
  readonly disabled?: boolean;
  readonly testId: string;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}

/** A button that does something at once, and submits no form. */
export function Button({ tone, disabled = false, testId, onClick, children }: Props) {
  return (
    <button
      type="button"
      class={`button button-${tone}`}
      disabled={disabled}
      data-testid={testId}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
