import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import type { KioskErrorCode } from '../bridge/errors.ts';
import { errorText, t } from '../i18n.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { FormError } from './form-error.tsx';

interface Props {
  readonly title: string;
  /** What happens then. */
  readonly children: ComponentChildren;
  /** What the button says that does it. */
  readonly action: string;
  /** `danger`: it cannot be undone. */
  readonly tone: 'danger' | 'primary';
  readonly busy: boolean;
  /** Why it could not be done. */
  readonly error?: KioskErrorCode | null;
  /** Its buttons' test ids begin with it. */
  readonly testId: string;
  /** Another button, beside the one that does it. */
  readonly other?: ComponentChildren;
  readonly onClose: () => void;
  readonly onConfirm: () => Promise<void>;
}

/** Asks once more before something is done. */
export function Confirm({
  title,
  children,
  action,
  tone,
  busy,
  error = null,
  testId,
  other,
  onClose,
  onConfirm,
}: Props) {
  const titleId = useId();
  return (
    <Dialog labelledBy={titleId} onClose={onClose}>
      <h2 id={titleId}>{title}</h2>
      <p>{children}</p>
      <FormError text={error && errorText(error)} />
      <div class="dialog-buttons">
        <Button tone="secondary" testId={`${testId}-cancel`} onClick={onClose}>
          {t('people.cancel')}
        </Button>
        {other}
        <Button tone={tone} disabled={busy} testId={`${testId}-confirm`} onClick={() => void onConfirm()}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
