import { useId } from 'preact/hooks';
import { KeyboardToggle } from './keyboard.tsx';

interface Props {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly hint?: string | undefined;
  readonly error?: string | null;
  /** Characters; without, as many as a name may have. */
  readonly maxLength?: number;
  /** Content that reads left to right in every language. */
  readonly latin?: boolean;
  readonly testId: string;
}

/** A labelled text field that the on-screen keyboard can write to. */
export function TextField(props: Props) {
  const id = useId();
  const { hint, error } = props;
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter((part) => part).join(' ');
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <div class="field-line">
        <input
          id={id}
          class="input"
          type="text"
          dir={props.latin ? 'ltr' : 'auto'}
          value={props.value}
          maxLength={props.maxLength ?? 200}
          autocomplete="off"
          spellcheck={false}
          aria-invalid={error ? true : undefined}
          aria-describedby={described || undefined}
          data-testid={props.testId}
          onInput={(event) => props.onValue(event.currentTarget.value)}
        />
        <KeyboardToggle target={id} />
      </div>
      {hint && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} class="field-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
