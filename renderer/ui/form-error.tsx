interface Props {
  /** Null: nothing went wrong. */
  readonly text: string | null;
  readonly code?: string | null;
  readonly testId?: string;
}

/** Why something could not be done. */
export function FormError({ text, code, testId }: Props) {
  return text === null ? null : (
    <p class="form-error" role="alert" data-testid={testId} data-code={code}>
      {text}
    </p>
  );
}
