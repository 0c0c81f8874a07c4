import { Icon } from './icon.tsx';

interface Props {
  /** Id of the element, and its test id. */
  readonly id: string;
  readonly label: string;
  /** What screen readers say where the label alone would be ambiguous; it contains the label. */
  readonly spoken?: string;
  readonly value: string;
  /** Values, each with its text. */
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly hint?: string;
  /** It belongs to a setting, and is none by itself. */
  readonly isPart?: boolean;
  readonly onValue: (value: string) => void;
}

/** A choice of one among many. */
export function SelectField({ id, label, spoken, value, options, hint, isPart = false, onValue }: Props) {
  return (
    <div class={isPart ? 'field' : 'setting field'}>
      <label for={id}>{label}</label>
      <div class="select">
        <select
          id={id}
          class="input"
          value={value}
          aria-label={spoken}
          data-testid={id}
          onChange={(event) => onValue(event.currentTarget.value)}
        >
          {options.map(([option, text]) => (
            <option key={option} value={option}>
              {text}
            </option>
          ))}
        </select>
        <Icon name="down" />
      </div>
      {hint !== undefined && <p class="hint">{hint}</p>}
    </div>
  );
}
