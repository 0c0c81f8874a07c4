import type { ComponentChildren } from 'preact';

interface Props {
  readonly kind: 'choice' | 'consent-tick' | 'segment';
  readonly value: boolean;
  readonly disabled?: boolean;
  readonly testId: string;
  readonly onValue: (value: boolean) => void;
  readonly children: ComponentChildren;
}

/** A box to tick, with its text. */
export function Tick({ kind, value, disabled = false, testId, onValue, children }: Props) {
  return (
    <label class={kind}>
      <input
        type="checkbox"
        checked={value}
        disabled={disabled}
        data-testid={testId}
        onChange={(event) => onValue(event.currentTarget.checked)}
      />
      {children}
    </label>
  );
}
