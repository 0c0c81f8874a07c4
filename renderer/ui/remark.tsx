interface Props {
  readonly kind: 'count' | 'saved';
  readonly text: string;
  readonly testId: string;
}

/** A few words beside what they are about. */
export const Remark = ({ kind, text, testId }: Props) => (
  <p class={kind} data-testid={testId}>
    {text}
  </p>
);
