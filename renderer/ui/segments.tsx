interface Props<Option extends string | number | boolean> {
  /** Tells its radio buttons from others; their test ids begin with it. */
  readonly name: string;
  readonly options: readonly Option[];
  readonly value: Option;
  readonly textOf: (option: Option) => string;
  readonly onValue: (option: Option) => void;
}

/** A choice of one among a few, side by side. */
export function Segments<Option extends string | number | boolean>(props: Props<Option>) {
  const { name, options, value, textOf, onValue } = props;
  return (
    <div class="segments">
      {options.map((option) => (
        <label key={String(option)} class="segment">
          <input
            type="radio"
            name={name}
            checked={option === value}
            data-testid={`${name}-${option}`}
            onChange={() => onValue(option)}
          />
          {textOf(option)}
        </label>
      ))}
    </div>
  );
}
