import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';
import { errorText, t } from '../i18n.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { FormError } from './form-error.tsx';

/** Ends with the dialog closed by its owner, or still open where something is missing, or rejects with a `KioskErrorCode`, which the dialog shows. */
type Deed = () => Promise<void>;

interface Props {
  readonly title: string;
  /** What happens then. */
  readonly children: ComponentChildren;
  /** What the button says that does it. */
  readonly action: string;
  /** `danger`: it cannot be undone. */
  readonly tone: 'danger' | 'primary';
  /** Its buttons' test ids begin with it. */
  readonly testId: string;
  /** What may be done in its place. */
  readonly other?: { readonly action: string; readonly testId: string; readonly onConfirm: Deed } | undefined;
  readonly onClose: () => void;
  readonly onConfirm: Deed;
}

/** Asks once more before something is done. */
export function Confirm({ title, children, action, tone, testId, other, onClose, onConfirm }: Props) {
  const titleId = useId();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<KioskErrorCode | null>(null);
  const run = async (deed: Deed): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await deed();
    } catch (failure) {
      setError(codeOf(failure));
    } finally {
      setBusy(false);
    }
  };
  const actions = [...(other ? [other] : []), { action, testId: `${testId}-confirm`, onConfirm }];
  return (
    <Dialog labelledBy={titleId} onClose={onClose}>
      <h2 id={titleId}>{title}</h2>
      <div>{children}</div>
      <FormError text={error && errorText(error)} />
      <div class="dialog-buttons">
        <Button tone="secondary" testId={`${testId}-cancel`} onClick={onClose}>
          {t('people.cancel')}
        </Button>
        {actions.map((each) => (
          <Button
            key={each.testId}
            tone={tone}
            disabled={busy}
            testId={each.testId}
            onClick={() => void run(each.onConfirm)}
          >
            {each.action}
          </Button>
        ))}
      </div>
    </Dialog>
  );
}
