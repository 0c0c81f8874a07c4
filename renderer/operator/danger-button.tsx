import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';

interface Props {
  readonly tone: 'secondary' | 'quiet';
  /** What the button says, and the one that confirms it. */
  readonly action: string;
  readonly title: string;
  /** What happens then. */
  readonly children: ComponentChildren;
  readonly busy: boolean;
  readonly testId: string;
  readonly onConfirm: () => Promise<void>;
}

/** A button for what cannot be undone: it asks once more. */
export function DangerButton({ tone, action, title, children, busy, testId, onConfirm }: Props) {
  const [asking, setAsking] = useState(false);
  const confirm = async (): Promise<void> => {
    await onConfirm();
    setAsking(false);
  };
  return (
    <>
      <Button tone={tone} disabled={busy} testId={testId} onClick={() => setAsking(true)}>
        {action}
      </Button>
      {asking && (
        <Confirm
          title={title}
          action={action}
          tone="danger"
          testId={testId}
          onClose={() => setAsking(false)}
          onConfirm={confirm}
        >
          {children}
        </Confirm>
      )}
    </>
  );
}
