import type { ComponentChildren } from 'preact';

interface Props {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly value: boolean;
  readonly onValue: (value: boolean) => void;
  /** What belongs to it. */
  readonly children?: ComponentChildren;
}

/** A setting that is on or off. */
export function SwitchField({ name, label, hint, value, onValue, children }: Props) {
  return (
    <div class="setting">
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          checked={value}
          data-testid={name}
          onChange={(event) => onValue(event.currentTarget.checked)}
        />
        <span class="switch-track" aria-hidden="true" />
        <span>
          <span class="setting-name">{label}</span>
          <span class="hint">{hint}</span>
        </span>
      </label>
      {children}
    </div>
  );
}
